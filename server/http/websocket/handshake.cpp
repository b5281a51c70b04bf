// SPDX-License-Identifier: Apache-2.0
#include "server/http/websocket/handshake.h"

#include "server/base/text.h"
#include "server/http/websocket/deflate.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace arc {

namespace {

constexpr std::string_view kVersion = "13";
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 1.3
constexpr size_t kKeyText = 24;                                            // 16 bytes in base64
constexpr size_t kProtocolsMax = 64;
constexpr int kUpgradeRequired = 426;

struct Found {
    std::string_view value;
    int count = 0;
};

Found findAll(const RequestHead &head, std::string_view lowerName) noexcept
{
    Found found;
    for (const HeaderView &header : head.headers) {
        if (header.id != HeaderId::Other || !equalsIgnoreCase(header.name, lowerName))
            continue;
        found.value = header.value;
        ++found.count;
    }
    return found;
}

bool namesToken(const RequestHead &head, HeaderId id, std::string_view token)
{
    for (const HeaderView &header : head.headers) {
        if (header.id != id)
            continue;
        for (const std::string_view part : split(header.value, ',')) {
            if (equalsIgnoreCase(trim(part), token))
                return true;
        }
    }
    return false;
}

/// Sixteen bytes in base64: 22 letters, the last with four bits that stand for nothing, and "==".
bool isKey(std::string_view key) noexcept
{
    const auto isLetter = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
            || c == '+' || c == '/';
    };
    return key.size() == kKeyText && key.ends_with("==")
        && std::all_of(key.begin(), key.end() - 2, isLetter)
        && std::string_view("AQgw").find(key[kKeyText - 3]) != std::string_view::npos;
}

/// Tokens, none of them twice (RFC 6455 4.1 10).
bool protocolsAreSound(const RequestHead &head)
{
    std::vector<std::string_view> seen;
    for (const HeaderView &header : head.headers) {
        if (header.id != HeaderId::Other
            || !equalsIgnoreCase(header.name, "sec-websocket-protocol"))
            continue;
        for (std::string_view part : split(header.value, ',')) {
            part = trim(part);
            if (!isFieldName(part) || seen.size() == kProtocolsMax
                || std::find(seen.begin(), seen.end(), part) != seen.end())
                return false;
            seen.push_back(part);
        }
    }
    return true;
}

WebSocketAsk refused(int status, std::string_view reason)
{
    return {.kind = WebSocketAsk::Kind::Refused, .status = status, .reason = reason};
}

WebSocketAsk checkVersionAndProtocols(const RequestHead &head)
{
    const Found version = findAll(head, "sec-websocket-version");
    if (version.count > 1)
        return refused(400, "Sec-WebSocket-Version appears twice.");
    if (version.value != kVersion)
        return refused(kUpgradeRequired,
                       "This server speaks version 13 of the WebSocket protocol.");
    if (!protocolsAreSound(head))
        return refused(400, "Sec-WebSocket-Protocol is not a list of different names.");
    return {.kind = WebSocketAsk::Kind::Sound, .status = 101, .reason = {}};
}

/// One offer of the client, "permessage-deflate; a; b=c". Nothing: it is another extension, or
/// cannot be met.
std::optional<WsDeflateTerms> termsOf(std::string_view offer, bool keepContext)
{
    const auto parts = split(offer, ';');
    if (parts.empty() || !equalsIgnoreCase(trim(parts[0]), "permessage-deflate"))
        return std::nullopt;
    WsDeflateTerms terms {
        .on = true, .serverKeepsContext = keepContext, .clientKeepsContext = keepContext};
    std::vector<std::string_view> seen;
    for (size_t i = 1; i < parts.size(); ++i) {
        const std::string_view part = trim(parts[i]);
        const size_t mark = std::min(part.find('='), part.size());
        const std::string_view name = trim(part.substr(0, mark));
        std::string_view value = trim(part.substr(std::min(mark + 1, part.size())));
        if (value.size() > 1 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        if (std::find(seen.begin(), seen.end(), name) != seen.end())
            return std::nullopt;
        seen.push_back(name);
        const auto bits = parseUnsigned(value);
        const bool hasValue = mark < part.size();
        const bool soundBits = bits && *bits >= 8 && *bits <= 15 && value.front() != '0';
        if (name == "server_no_context_takeover" && !hasValue) {
            terms.serverKeepsContext = false;
        } else if (name == "client_no_context_takeover" && !hasValue) {
            terms.clientKeepsContext = false;
        } else if (name == "server_max_window_bits" && soundBits
                   && *bits >= static_cast<uint64_t>(WsDeflater::kWindowBitsMin)) {
            terms.serverWindowBits = static_cast<int>(*bits);
            terms.saysServerBits = true;
        } else if (name != "client_max_window_bits" || (hasValue && !soundBits)) {
            return std::nullopt; // unknown, malformed, or a window that zlib cannot make
        }
    }
    return terms;
}

} // namespace

WebSocketAsk webSocketAskOf(const RequestHead &head) noexcept
{
    if (!head.protocol.empty()) // the version of HTTP has settled the rest (RFC 8441 5)
        return checkVersionAndProtocols(head);
    if (head.minorVersion < 1 || !namesToken(head, HeaderId::Upgrade, "websocket"))
        return {};
    if (!namesToken(head, HeaderId::Connection, "upgrade"))
        return refused(400, "The Connection header does not name the upgrade.");
    if (head.method != Method::Get)
        return refused(400, "A WebSocket is asked for with GET.");
    if (head.hasBody())
        return refused(400, "A request for a WebSocket has no body.");
    const WebSocketAsk ask = checkVersionAndProtocols(head);
    const Found key = findAll(head, "sec-websocket-key");
    if (ask.status != kUpgradeRequired && (key.count != 1 || !isKey(key.value)))
        return refused(400, "Sec-WebSocket-Key is not one key of 16 bytes in base64.");
    return ask;
}

WsDeflateTerms agreeOnDeflate(const RequestHead &head, bool keepContext)
{
    for (const HeaderView &header : head.headers) {
        if (header.id != HeaderId::Other
            || !equalsIgnoreCase(header.name, "sec-websocket-extensions"))
            continue;
        for (const std::string_view offer : split(header.value, ',')) {
            if (const auto terms = termsOf(offer, keepContext))
                return *terms;
        }
    }
    return {};
}

std::string webSocketKeyLine(const RequestHead &head)
{
    const std::string text = std::string(findAll(head, "sec-websocket-key").value).append(kGuid);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    std::array<unsigned char, 32> accept;
    const int letters = EVP_EncodeBlock(accept.data(), digest.data(), static_cast<int>(size));
    std::string line = "Sec-WebSocket-Accept: ";
    line.append(reinterpret_cast<const char *>(accept.data()), static_cast<size_t>(letters));
    return line.append("\r\n");
}

std::string webSocketExtensionLine(const WsDeflateTerms &terms)
{
    if (!terms.on)
        return {};
    std::string line = "Sec-WebSocket-Extensions: permessage-deflate";
    if (!terms.serverKeepsContext)
        line += "; server_no_context_takeover";
    if (!terms.clientKeepsContext)
        line += "; client_no_context_takeover";
    if (terms.saysServerBits)
        line += fmt::format("; server_max_window_bits={}", terms.serverWindowBits);
    return line + "\r\n";
}

} // namespace arc
