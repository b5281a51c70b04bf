// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/oracle.h"

#include <http_parser.h>

OracleAnswer askHttpParser(std::string_view bytes)
{
    OracleAnswer answer;
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_url = [](http_parser *parser, const char *at, size_t size) {
        static_cast<OracleAnswer *>(parser->data)->target.append(at, size);
        return 0;
    };
    settings.on_body = [](http_parser *parser, const char *at, size_t size) {
        static_cast<OracleAnswer *>(parser->data)->body.append(at, size);
        return 0;
    };
    settings.on_message_complete = [](http_parser *parser) {
        http_parser_pause(parser, 1);
        return 0;
    };
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &answer;

    const size_t used = http_parser_execute(&parser, &settings, bytes.data(), bytes.size());
    switch (const auto error = HTTP_PARSER_ERRNO(&parser)) {
    case HPE_OK:
        if (parser.upgrade)
            answer.outcome = OracleAnswer::Outcome::Upgraded;
        break;
    case HPE_PAUSED:
        answer.outcome =
            parser.upgrade ? OracleAnswer::Outcome::Upgraded : OracleAnswer::Outcome::Complete;
        answer.bytesUsed = used;
        break;
    case HPE_INVALID_METHOD:
    case HPE_INVALID_URL:
    case HPE_INVALID_HOST:
    case HPE_INVALID_PORT:
    case HPE_INVALID_PATH:
    case HPE_INVALID_QUERY_STRING:
        answer.outcome = OracleAnswer::Outcome::Excused;
        break;
    default:
        answer.outcome = OracleAnswer::Outcome::Refused;
        answer.why = http_errno_name(error);
    }
    return answer;
}
