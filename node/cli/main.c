/* handoff - the command line of a node, and the offline tools. */
#include <stdio.h>

#include "cli.h"

int
main(int argc, char **argv)
{
    return cli_main(argc, argv, stdout, stderr);
}
