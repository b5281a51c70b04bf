// SPDX-License-Identifier: Apache-2.0
#include "server/http/syntax/accept.h"

#include "server/base/text.h"

#include <algorithm>

namespace arc {

namespace {

struct Wish {
    int weight = 0;
    int exactness = 0; ///< 0 not named, 1 "*/*", 2 "text/*", 3 by name
};

void note(Wish &wish, int exactness, int weight) noexcept
{
    if (exactness >= wish.exactness)
        wish = {weight, exactness};
}

} // namespace

int qualityOf(std::string_view parameters) noexcept
{
    while (!parameters.empty()) {
        const size_t end = std::min(parameters.find(';'), parameters.size());
        const std::string_view parameter = trim(parameters.substr(0, end));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
        if (parameter.size() < 2 || (parameter[0] != 'q' && parameter[0] != 'Q')
            || parameter[1] != '=')
            continue;
        const std::string_view text = parameter.substr(2);
        if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')
            || (text.size() > 1 && text[1] != '.'))
            return 0;
        int weight = (text[0] - '0') * 1000;
        int step = 100;
        for (size_t i = 2; i < text.size(); ++i, step /= 10) {
            if (text[i] < '0' || text[i] > '9')
                return 0;
            weight += (text[i] - '0') * step;
        }
        return std::min(weight, 1000);
    }
    return 1000;
}

PageForm preferredForm(std::string_view accept) noexcept
{
    Wish html;
    Wish json;
    Wish plain;
    while (!accept.empty()) {
        const size_t comma = std::min(accept.find(','), accept.size());
        const std::string_view element = accept.substr(0, comma);
        accept.remove_prefix(std::min(comma + 1, accept.size()));
        const size_t semicolon = std::min(element.find(';'), element.size());
        const std::string_view type = trim(element.substr(0, semicolon));
        const int weight = qualityOf(element.substr(std::min(semicolon + 1, element.size())));
        if (equalsIgnoreCase(type, "text/html")
            || equalsIgnoreCase(type, "application/xhtml+xml")) {
            note(html, 3, weight);
        } else if (equalsIgnoreCase(type, "application/json")
                   || equalsIgnoreCase(type, "application/problem+json")) {
            note(json, 3, weight);
        } else if (equalsIgnoreCase(type, "text/plain")) {
            note(plain, 3, weight);
        } else if (equalsIgnoreCase(type, "text/*")) {
            note(html, 2, weight);
            note(plain, 2, weight);
        } else if (type == "*/*") {
            note(html, 1, weight);
            note(plain, 1, weight);
        }
    }
    if (html.exactness >= 2 && html.weight > 0 && html.weight >= plain.weight
        && html.weight >= json.weight)
        return PageForm::Html;
    return json.weight > 0 && json.weight >= plain.weight ? PageForm::Json : PageForm::Plain;
}

} // namespace arc
