// SPDX-License-Identifier: Apache-2.0
#include "server/certs/local_ca.h"

#include "server/certs/signing.h"
#include "server/secrets/files.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr int64_t kDaySeconds = 86400;

bool isAddress(std::string_view text)
{
    std::array<unsigned char, sizeof(in6_addr)> bytes {};
    const std::string copy(text);
    return ::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1
        || ::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1;
}

bool isDnsName(std::string_view text)
{
    return !text.empty() && text.size() <= 253 && !isAddress(text)
        && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == text.npos
        && text.front() != '-' && text.front() != '.' && text.find("..") == text.npos;
}

std::string constraints(const std::string &hostName)
{
    std::string text = "critical,permitted;DNS:localhost";
    if (!hostName.empty() && hostName != "localhost")
        text += ",permitted;DNS:" + hostName;
    return text
        + ",permitted;IP:127.0.0.0/255.0.0.0"
          ",permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
}

Result<KeyPtr> keyFrom(const std::string &pem)
{
    const BioPtr text = bioOver(pem);
    KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, refusePassphrase, nullptr));
    if (!key)
        return Error {ErrorCode::DataDir, "the local CA's key cannot be read"};
    return key;
}

Result<X509Ptr> certificateFrom(const std::string &pem)
{
    const BioPtr text = bioOver(pem);
    X509Ptr read(PEM_read_bio_X509(text.get(), nullptr, refusePassphrase, nullptr));
    if (!read)
        return Error {ErrorCode::DataDir,
                      "the local CA's certificate cannot be read: " + takeOpenSslError()};
    return read;
}

struct FreshCa {
    std::string rootPem;
    std::string intermediatePem;
    std::string keyPem;
};

/// The root's key dies at the end of this function.
Result<FreshCa> makeCa(const std::string &hostName, int64_t now)
{
    auto rootKey = makeEcKey();
    auto key = makeEcKey();
    if (!rootKey || !key)
        return Error {ErrorCode::Internal, "no key could be made for the local CA"};
    const std::string where = hostName.empty() ? "this computer" : hostName;
    auto root =
        signCertificate({.commonName = "Root of " + where,
                         .nowUnix = now,
                         .days = LocalCa::kCaDays,
                         .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:1"},
                                        {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                        {NID_subject_key_identifier, "hash"}}},
                        rootKey->get(), nullptr, nullptr);
    if (!root)
        return std::move(root).error();
    auto intermediate =
        signCertificate({.commonName = "Sites of " + where,
                         .nowUnix = now,
                         .days = LocalCa::kCaDays - 1,
                         .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                        {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                        {NID_ext_key_usage, "serverAuth"},
                                        {NID_name_constraints, constraints(hostName)},
                                        {NID_subject_key_identifier, "hash"},
                                        {NID_authority_key_identifier, "keyid:always"}}},
                        key->get(), root->get(), rootKey->get());
    if (!intermediate)
        return std::move(intermediate).error();
    return FreshCa {.rootPem = certificatePem(root->get()),
                    .intermediatePem = certificatePem(intermediate->get()),
                    .keyPem = privateKeyPem(key->get())};
}

/// SHA-256 of the certificate's public key, as the vault names its private key.
std::string keyIdOf(const std::string &pem)
{
    auto certificate = certificateFrom(pem);
    if (!certificate)
        return {};
    unsigned char *encoded = nullptr;
    const int size = i2d_PUBKEY(X509_get0_pubkey(certificate->get()), &encoded);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest {};
    unsigned length = 0;
    if (size > 0)
        EVP_Digest(encoded, static_cast<size_t>(size), digest.data(), &length, EVP_sha256(),
                   nullptr);
    OPENSSL_free(encoded);
    std::string id;
    for (unsigned i = 0; i < length; ++i)
        id += fmt::format("{:02x}", digest[i]);
    return id;
}

bool lastsFor(const std::string &pem, int days, int64_t now)
{
    auto certificate = certificateFrom(pem);
    time_t until = static_cast<time_t>(now + days * kDaySeconds);
    return certificate && X509_cmp_time(X509_get0_notAfter(certificate->get()), &until) > 0;
}

/// Of a remake that was killed half-way the new intermediate lies beside the old root.
bool isSignedBy(const std::string &pem, const std::string &issuerPem)
{
    auto certificate = certificateFrom(pem);
    auto issuer = certificateFrom(issuerPem);
    const bool isSigned = certificate && issuer
        && X509_verify(certificate->get(), X509_get0_pubkey(issuer->get())) == 1;
    ERR_clear_error();
    return isSigned;
}

} // namespace

std::string ownHostName()
{
    std::array<char, 256> text {};
    if (::gethostname(text.data(), text.size() - 1) != 0)
        return {};
    std::string name(text.data());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : char(c); });
    return isDnsName(name) ? name : std::string();
}

Result<LocalCa> LocalCa::open(const std::string &dataDir, KeyVault &vault,
                              const std::string &hostName, int64_t nowUnix)
{
    const std::string folder = dataDir + "/ca";
    if (auto made = makeFolder(folder); !made)
        return std::move(made).error();
    LocalCa ca;
    ca.m_hostName = hostName;
    ca.m_rootPath = folder + "/root.pem";
    const std::string path = folder + "/intermediate.pem";
    auto root = readSmallFile(ca.m_rootPath, kPemBytesMax);
    auto intermediate = readSmallFile(path, kPemBytesMax);
    auto madeFor = readSmallFile(folder + "/host", kPemBytesMax);
    if (root && intermediate && madeFor && *madeFor == hostName
        && lastsFor(*intermediate, kLeafDays, nowUnix) && isSignedBy(*intermediate, *root)) {
        auto key = vault.get(keyIdOf(*intermediate));
        if (key) {
            ca.m_rootPem = std::move(*root);
            ca.m_intermediatePem = std::move(*intermediate);
            ca.m_keyPem = std::move(*key);
            return ca;
        }
        // A lost key comes back by nothing, and everything else must still be served.
        if (key.error().code() == ErrorCode::DataDir)
            return std::move(key).error().within("local CA");
    }
    auto fresh = makeCa(hostName, nowUnix);
    if (!fresh)
        return std::move(fresh).error();
    // The key first and the root last: whatever dies in between, the next start finds no whole
    // authority and makes another.
    const std::string keyId = keyIdOf(fresh->intermediatePem);
    auto written = vault.put(keyId, fresh->keyPem);
    if (written)
        written = replaceFile(path, fresh->intermediatePem, 0644);
    if (written)
        written = replaceFile(folder + "/host", hostName, 0644);
    if (written)
        written = replaceFile(ca.m_rootPath, fresh->rootPem, 0644);
    if (!written)
        return std::move(written).error();
    ca.m_rootPem = std::move(fresh->rootPem);
    ca.m_intermediatePem = std::move(fresh->intermediatePem);
    ca.m_keyPem = std::move(fresh->keyPem);
    return ca;
}

LocalCa::~LocalCa()
{
    OPENSSL_cleanse(m_keyPem.data(), m_keyPem.size());
}

bool LocalCa::permits(std::string_view name) const
{
    if (isAddress(name))
        return name == "::1" || name.starts_with("127.");
    if (name.starts_with("*."))
        return false; // browsers take no wildcard directly below localhost
    if (!isDnsName(name))
        return false;
    const auto below = [name](std::string_view parent) {
        return name == parent
            || (name.size() > parent.size() + 1 && name.ends_with(parent)
                && name[name.size() - parent.size() - 1] == '.');
    };
    return below("localhost") || (!m_hostName.empty() && below(m_hostName));
}

Result<std::shared_ptr<const TlsIdentity>> LocalCa::sign(const std::vector<std::string> &names,
                                                         int64_t nowUnix, std::string_view id) const
{
    std::string alternatives;
    for (const std::string &name : names) {
        if (!permits(name))
            return Error {
                ErrorCode::Invalid,
                fmt::format("the local CA does not sign for {}, only for localhost, names "
                            "below it{} and loopback addresses; import a certificate",
                            name, m_hostName.empty() ? std::string() : ", " + m_hostName)};
        alternatives += fmt::format("{}{}:{}", alternatives.empty() ? "" : ",",
                                    isAddress(name) ? "IP" : "DNS", name);
    }
    if (names.empty())
        return Error {ErrorCode::Invalid, "a certificate without a name"};
    auto caKey = keyFrom(m_keyPem);
    auto issuer = certificateFrom(m_intermediatePem);
    auto key = makeEcKey();
    if (!caKey || !issuer || !key)
        return Error {ErrorCode::DataDir, "the local CA cannot be read"};
    auto signedLeaf =
        signCertificate({.commonName = names.front(),
                         .nowUnix = nowUnix,
                         .days = kLeafDays,
                         .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                                        {NID_key_usage, "critical,digitalSignature"},
                                        {NID_ext_key_usage, "serverAuth"},
                                        {NID_subject_alt_name, alternatives},
                                        {NID_subject_key_identifier, "hash"},
                                        {NID_authority_key_identifier, "keyid:always"}}},
                        key->get(), issuer->get(), caKey->get());
    if (!signedLeaf)
        return std::move(signedLeaf).error();
    auto identity = std::make_shared<TlsIdentity>();
    identity->id = id;
    identity->names = names;
    identity->chainPem = certificatePem(signedLeaf->get()) + m_intermediatePem;
    identity->keyPem = privateKeyPem(key->get());
    return std::shared_ptr<const TlsIdentity>(std::move(identity));
}

} // namespace arc
