// SPDX-License-Identifier: Apache-2.0
#include "server/config/document.h"

#include "server/config/document_json.h"

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kIdentifierBytesMax = 63;

bool isLetterOrDigit(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

template <class T>
const T *findById(const std::vector<T> &list, std::string_view id) noexcept
{
    for (const T &item : list) {
        if (item.id == id)
            return &item;
    }
    return nullptr;
}

/// Letters and digits as they are, everything between them one dash.
std::string spellIdentifier(std::string_view name)
{
    std::string id;
    for (char c : name) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + 32);
        if (isLetterOrDigit(c) || (c == '_' && !id.empty()) || (c == '.' && !id.empty()))
            id += c;
        else if (!id.empty() && id.back() != '-')
            id += '-';
    }
    if (id.size() > kIdentifierBytesMax)
        id.resize(kIdentifierBytesMax);
    while (!id.empty() && !isLetterOrDigit(id.back()))
        id.pop_back();
    return id.empty() ? "site" : id;
}

} // namespace

const ListenerConfig *Document::findListener(std::string_view id) const noexcept
{
    return findById(listeners, id);
}

const AppConfig *Document::findApp(std::string_view id) const noexcept
{
    return findById(apps, id);
}

const CertificateConfig *Document::findCertificate(std::string_view id) const noexcept
{
    return findById(certificates, id);
}

const SiteConfig *Document::findSite(std::string_view id) const noexcept
{
    return findById(sites, id);
}

const ServiceConfig *AppConfig::findService(std::string_view wanted) const noexcept
{
    for (const ServiceConfig &service : services) {
        if (service.name == wanted)
            return &service;
    }
    return nullptr;
}

const ScheduleConfig *AppConfig::findSchedule(std::string_view wanted) const noexcept
{
    for (const ScheduleConfig &schedule : schedules) {
        if (schedule.name == wanted)
            return &schedule;
    }
    return nullptr;
}

Result<Document> parseDocument(std::string_view text)
{
    auto json = parseJson(text);
    if (!json)
        return std::move(json).error().within("document");
    if (!json->is_object())
        return Error {ErrorCode::Invalid, "document: must be an object"};
    auto document = documentFromJson(*json);
    if (!document)
        return document;
    if (auto checked = checkObjects(*document); !checked)
        return std::move(checked).error();
    return document;
}

bool isIdentifier(std::string_view text) noexcept
{
    if (text.empty() || text.size() > kIdentifierBytesMax || !isLetterOrDigit(text.front()))
        return false;
    for (const char c : text) {
        if (!isLetterOrDigit(c) && c != '_' && c != '.' && c != '-')
            return false;
    }
    return true;
}

std::string makeIdentifier(std::string_view name, const Document &taken)
{
    const std::string wanted = spellIdentifier(name);
    std::string id = wanted;
    // A site's app carries the site's name, so both lists count.
    for (int i = 2; taken.findSite(id) || taken.findApp(id); ++i) {
        const std::string suffix = fmt::format("-{}", i);
        id = wanted.substr(0, kIdentifierBytesMax - suffix.size()) + suffix;
    }
    return id;
}

} // namespace arc
