# Every indicator set in this folder as bytes, for node/api/scoreset.c. A later
# set is one more file here.
function(handoff_scores folder header)
    file(GLOB sets CONFIGURE_DEPENDS ${folder}/*.json)
    set(bytes "")
    set(rows "")
    foreach(path IN LISTS sets)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
        file(READ ${path} hex HEX)
        string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
        string(MAKE_C_IDENTIFIER ${path} name)
        string(APPEND bytes "static const uint8_t ${name}[] = {${hex}};\n")
        string(APPEND rows "    {${name}, sizeof(${name})},\n")
    endforeach()
    file(CONFIGURE OUTPUT ${header} CONTENT
        "/* Made from node/scores; change that. */\n@bytes@
static const struct hf_bytes score_sets[] = {\n@rows@};\n" @ONLY)
endfunction()

handoff_scores(${CMAKE_SOURCE_DIR}/node/scores
    ${CMAKE_BINARY_DIR}/node/score_sets.h)
target_include_directories(node_api PRIVATE ${CMAKE_BINARY_DIR}/node)
