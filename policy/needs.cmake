# Makes the C table of the needs from policy/needs.yaml, the one place where
# they are listed. Done when the project is configured, and again when the
# file changes. A line that is not a comment and not "family.word: text" stops.

function(handoff_needs yaml header)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${yaml})
    file(STRINGS ${yaml} lines ENCODING UTF-8)
    set(rows "")
    set(seen "")
    set(signs "")
    set(of "")
    foreach(line IN LISTS lines)
        if(line MATCHES "^#" OR line STREQUAL "")
            continue()
        endif()
        if(line MATCHES "^signs\\.([a-z]+\\.[a-z_]+):$")
            set(of "${CMAKE_MATCH_1}")
            if(NOT "${of}" IN_LIST seen)
                message(FATAL_ERROR "${yaml}: signs of no need above: ${of}")
            endif()
            continue()
        endif()
        if(line MATCHES "^  - ([^\"\\]+)$")
            string(APPEND signs "    {\"${of}\", \"${CMAKE_MATCH_1}\"},\n")
            continue()
        endif()
        if(NOT line MATCHES "^([a-z]+\\.[a-z_]+): ([^\"\\]+)$")
            message(FATAL_ERROR "${yaml}: not \"family.word: text\": ${line}")
        endif()
        if("${CMAKE_MATCH_1}" IN_LIST seen)
            message(FATAL_ERROR "${yaml}: listed twice: ${CMAKE_MATCH_1}")
        endif()
        list(APPEND seen "${CMAKE_MATCH_1}")
        string(APPEND rows
            "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\"},\n")
    endforeach()
    file(CONFIGURE OUTPUT ${header} CONTENT
        "/* Made from policy/needs.yaml; change that. */\n@rows@" @ONLY)
    string(REPLACE "_table.h" "_signs.h" other ${header})
    file(CONFIGURE OUTPUT ${other} CONTENT
        "/* Made from policy/needs.yaml; change that. */\n@signs@" @ONLY)
endfunction()

handoff_needs(${CMAKE_SOURCE_DIR}/policy/needs.yaml
    ${CMAKE_BINARY_DIR}/policy/sop_need_table.h)
target_include_directories(hf_policy PRIVATE ${CMAKE_BINARY_DIR}/policy)
