// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/oracle.h"

#include <llhttp.h>

OracleAnswer askLlhttp(std::string_view bytes)
{
    OracleAnswer answer;
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = [](llhttp_t *parser, const char *at, size_t size) {
        static_cast<OracleAnswer *>(parser->data)->target.append(at, size);
        return 0;
    };
    settings.on_body = [](llhttp_t *parser, const char *at, size_t size) {
        static_cast<OracleAnswer *>(parser->data)->body.append(at, size);
        return 0;
    };
    settings.on_message_complete = [](llhttp_t *) {
        return static_cast<int>(HPE_PAUSED);
    };
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &answer;

    switch (const llhttp_errno_t error = llhttp_execute(&parser, bytes.data(), bytes.size())) {
    case HPE_OK:
        break;
    case HPE_PAUSED:
        answer.outcome =
            parser.upgrade ? OracleAnswer::Outcome::Upgraded : OracleAnswer::Outcome::Complete;
        answer.bytesUsed = static_cast<size_t>(llhttp_get_error_pos(&parser) - bytes.data());
        break;
    case HPE_PAUSED_UPGRADE:
        answer.outcome = OracleAnswer::Outcome::Upgraded;
        break;
    case HPE_INVALID_METHOD:
    case HPE_INVALID_URL:
        answer.outcome = OracleAnswer::Outcome::Excused;
        break;
    default:
        answer.outcome = OracleAnswer::Outcome::Refused;
        answer.why = llhttp_errno_name(error);
    }
    return answer;
}
