// SPDX-License-Identifier: Apache-2.0
#include "gui/models/pem_parts.h"

#include <QCoreApplication>

#include <cstring>
#include <vector>

namespace arc {

namespace {

struct Block {
    std::string_view label;
    std::string_view text; ///< with its frame
};

/// Whole blocks only: one that is cut is none.
std::vector<Block> blocksOf(std::string_view text)
{
    constexpr std::string_view kBegin = "-----BEGIN ";
    constexpr std::string_view kDashes = "-----";
    std::vector<Block> blocks;
    for (size_t at = text.find(kBegin); at != text.npos; at = text.find(kBegin, at + 1)) {
        const size_t labelAt = at + kBegin.size();
        const size_t labelEnd = text.find(kDashes, labelAt);
        if (labelEnd == text.npos)
            break;
        const std::string_view label = text.substr(labelAt, labelEnd - labelAt);
        const std::string end = "-----END " + std::string(label) + "-----";
        const size_t endAt = text.find(end, labelEnd);
        if (endAt != text.npos)
            blocks.push_back({label, text.substr(at, endAt + end.size() - at)});
    }
    return blocks;
}

QString sentence(const char *text)
{
    return QCoreApplication::translate("arc", text);
}

void wipe(std::string &text)
{
    explicit_bzero(text.data(), text.size());
    text.clear();
}

} // namespace

PemParts::~PemParts()
{
    wipe(m_key);
}

void PemParts::clear()
{
    m_chain.clear();
    wipe(m_key);
    m_chainOrigin.clear();
    m_keyOrigin.clear();
    m_certificates = 0;
}

bool PemParts::keyHasPassphrase() const
{
    return m_key.find("-----BEGIN ENCRYPTED") != m_key.npos
        || m_key.find("Proc-Type: 4,ENCRYPTED") != m_key.npos;
}

QString PemParts::add(std::string_view text, const QString &origin)
{
    std::string chain;
    std::string_view key;
    int certificates = 0;
    for (const Block &block : blocksOf(text)) {
        if (block.label == "CERTIFICATE") {
            chain.append(block.text).append("\n");
            ++certificates;
        } else if (block.label.ends_with("PRIVATE KEY")) {
            key = block.text;
        }
    }
    if (m_chain.size() + chain.size() > kBytesMax || key.size() > kBytesMax)
        return sentence(QT_TRANSLATE_NOOP("arc", "It is larger than 128 KiB"));
    if (certificates == 0 && key.empty()) {
        const bool isBinary = text.find('\0') != text.npos;
        return isBinary ? sentence(QT_TRANSLATE_NOOP(
                   "arc",
                   "It is no text. A .p12 or .pfx file becomes PEM with: openssl pkcs12 -in "
                   "FILE -out FILE.pem"))
                        : sentence(QT_TRANSLATE_NOOP(
                            "arc", "There is neither a certificate nor a private key in it"));
    }
    if (certificates > 0) {
        m_chain += chain;
        m_certificates += certificates;
        if (!m_chainOrigin.isEmpty() && m_chainOrigin != origin)
            m_chainOrigin += QStringLiteral(", ");
        if (!m_chainOrigin.endsWith(origin))
            m_chainOrigin += origin;
    }
    if (!key.empty()) {
        wipe(m_key);
        m_key = key;
        m_key += '\n';
        m_keyOrigin = origin;
    }
    return {};
}

} // namespace arc
