// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/app_secrets.h"

#include "server/config/variables.h"
#include "server/secrets/secret_key.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

namespace arc {

namespace {

/// What a secret is sealed for; no key of a certificate has such a place.
std::string placeOf(std::string_view app, std::string_view name)
{
    return fmt::format("app {} {}", app, name);
}

std::string toText(const std::string &sealed)
{
    std::string text(sealed.size() / 3 * 4 + 5, '\0'); // EVP_EncodeBlock ends it with a NUL
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data()),
                        reinterpret_cast<const unsigned char *>(sealed.data()), int(sealed.size()));
    text.resize(static_cast<size_t>(size));
    return std::string(kSealedPrefix) + text;
}

/// Empty when it is no sealed value.
std::string fromText(std::string_view text)
{
    const auto plainBytes = sealedBytes(text);
    if (!plainBytes)
        return {};
    text.remove_prefix(kSealedPrefix.size());
    std::string sealed(text.size() / 4 * 3, '\0');
    if (EVP_DecodeBlock(reinterpret_cast<unsigned char *>(sealed.data()),
                        reinterpret_cast<const unsigned char *>(text.data()), int(text.size()))
        < 0)
        return {};
    sealed.resize(*plainBytes + SecretKey::kSealBytes); // without what the padding stood for
    return sealed;
}

std::optional<std::string> opened(const SecretKey &key, const AppConfig &app,
                                  const std::string &name, const std::string &value)
{
    return key.unseal(placeOf(app.id, name), fromText(value));
}

Result<std::string> sealOne(const SecretKey &key, const AppConfig &app, const std::string &name,
                            const std::string &value, const AppConfig *known)
{
    if (const auto complaint = complaintOfValue(name, value); !complaint.empty())
        return Error {ErrorCode::Invalid, std::string(complaint)};
    const auto stored = known ? known->secrets.find(name) : app.secrets.end();
    if (known && stored != known->secrets.end()
        && opened(key, *known, name, stored->second) == value)
        return stored->second;
    const std::string sealed = key.seal(placeOf(app.id, name), value);
    if (sealed.empty())
        return Error {ErrorCode::Internal, "could not be sealed: no random bytes"};
    return toText(sealed);
}

} // namespace

Result<Document> sealAppSecrets(Document next, const Document &current, const std::string &dataDir)
{
    std::optional<SecretKey> key;
    for (size_t i = 0; i < next.apps.size(); ++i) {
        AppConfig &app = next.apps[i];
        const AppConfig *known = current.findApp(app.id);
        for (auto &[name, value] : app.secrets) {
            if (isSealed(value))
                continue;
            if (!key) {
                auto made = SecretKey::open(dataDir, SecretKey::IfMissing::Make);
                if (!made)
                    return std::move(made).error();
                key.emplace(std::move(*made));
            }
            auto sealed = sealOne(*key, app, name, value, known);
            if (!sealed)
                return std::move(sealed).error().within(
                    fmt::format("apps[{}].secrets.{}", i, name));
            value = std::move(*sealed);
        }
    }
    return next;
}

Result<std::map<std::string, std::string>> openAppSecrets(const AppConfig &app,
                                                          const std::string &dataDir)
{
    std::map<std::string, std::string> values;
    if (app.secrets.empty())
        return values;
    const auto refuse = [&](const std::vector<std::string> &names, std::string_view why) {
        const char *plural = names.size() == 1 ? "" : "s";
        return Error {
            ErrorCode::Invalid,
            fmt::format("the secret{} {} of app {} cannot be opened, because {}; put the file back "
                        "from a backup, or set the value{} again with: arcology ctl app env set {} "
                        "{} --secret",
                        plural, fmt::join(names, ", "), app.id, why, plural, app.id,
                        fmt::join(names, " "))};
    };
    const auto key = SecretKey::open(dataDir, SecretKey::IfMissing::Refuse);
    std::vector<std::string> lost;
    for (const auto &[name, value] : app.secrets) {
        auto plain = key ? opened(*key, app, name, value) : std::nullopt;
        if (plain)
            values.emplace(name, std::move(*plain));
        else
            lost.push_back(name);
    }
    if (lost.empty())
        return values;
    if (!key && key.error().code() != ErrorCode::NotFound)
        return key.error();
    return refuse(lost,
                  key ? fmt::format("{} is not the key that sealed {}", SecretKey::pathIn(dataDir),
                                    lost.size() == 1 ? "it" : "them")
                      : key.error().message());
}

} // namespace arc
