// SPDX-License-Identifier: Apache-2.0
#include "server/core/tls_front.h"

#include "server/base/text.h"
#include "server/core/io_loops.h"
#include "server/core/tls_planner.h"
#include "server/tls/certificate.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr int64_t kDaySeconds = 86400;

int64_t nowUnix()
{
    return unixNowMs() / 1000;
}

bool hasTls(const Document &document)
{
    return std::any_of(document.listeners.begin(), document.listeners.end(),
                       [](const ListenerConfig &listener) { return listener.tls; });
}

} // namespace

TlsFront::TlsFront(Parts parts)
    : m_parts(std::move(parts)),
      m_timer([](void *self) noexcept { static_cast<TlsFront *>(self)->look(); }, this)
{
}

TlsFront::~TlsFront() = default;

Result<KeyVault *> TlsFront::vault()
{
    if (!m_vault) {
        auto opened = KeyVault::open(m_parts.dataDir);
        if (!opened)
            return std::move(opened).error();
        m_vault.emplace(std::move(*opened));
    }
    return &*m_vault;
}

Result<LocalCa *> TlsFront::localCa()
{
    if (!m_ca) {
        auto keys = vault();
        if (!keys)
            return std::move(keys).error();
        auto opened = LocalCa::open(m_parts.dataDir, **keys, ownHostName(), nowUnix());
        if (!opened)
            return std::move(opened).error();
        m_ca.emplace(std::move(*opened));
    }
    return &*m_ca;
}

Result<TlsFront::Leaf> TlsFront::sign(const LeafKey &key)
{
    auto ca = localCa();
    if (!ca)
        return std::move(ca).error();
    auto fresh = (*ca)->sign(key.second, nowUnix(), key.first);
    if (!fresh)
        return std::move(fresh).error();
    return Leaf {.identity = std::move(*fresh),
                 .notAfterUnix = nowUnix() + LocalCa::kLeafDays * kDaySeconds};
}

Result<std::shared_ptr<const TlsIdentity>> TlsFront::local(const LeafKey &key)
{
    const auto known = m_leaves.find(key);
    if (known != m_leaves.end()
        && known->second.notAfterUnix - nowUnix() > LocalCa::kRenewDays * kDaySeconds)
        return known->second.identity;
    auto fresh = sign(key);
    if (!fresh)
        return std::move(fresh).error();
    return m_leaves.insert_or_assign(key, std::move(*fresh)).first->second.identity;
}

Result<std::shared_ptr<const TlsIdentity>> TlsFront::localDefault()
{
    std::vector<std::string> names {"localhost", "127.0.0.1", "::1"};
    if (const std::string host = ownHostName(); !host.empty() && host != "localhost")
        names.push_back(host);
    return local({std::string(LocalCa::kDefaultId), std::move(names)});
}

Result<std::shared_ptr<const TlsIdentity>>
TlsFront::identityOf(const CertificateConfig &certificate)
{
    const std::string where = fmt::format("certificate {}", certificate.id);
    if (!certificate.names.empty()) {
        auto chosen = local({certificate.id, certificate.names});
        if (!chosen)
            return std::move(chosen).error().within(where);
        return chosen;
    }
    auto facts = readCertificate(certificate.chain);
    if (!facts)
        return std::move(facts).error().within(where);
    auto keys = vault();
    if (!keys)
        return std::move(keys).error();
    auto key = (*keys)->get(facts->publicKeyId);
    if (!key)
        return std::move(key).error().within(where);
    auto identity = std::make_shared<TlsIdentity>();
    identity->id = certificate.id;
    identity->names = facts->names;
    identity->notAfterUnix = facts->notAfterUnix;
    identity->chainPem = certificate.chain;
    identity->keyPem = std::move(*key);
    return std::shared_ptr<const TlsIdentity>(std::move(identity));
}

Result<std::vector<std::shared_ptr<const TlsIdentity>>>
TlsFront::configured(const Document &document, Faults faults, Plan &plan)
{
    const bool usesLocal = engineSettings(document, m_parts.pinned).tlsLocalCa;
    std::vector<std::shared_ptr<const TlsIdentity>> all;
    for (const CertificateConfig &certificate : document.certificates) {
        const bool isLocal = !certificate.names.empty();
        auto identity = isLocal && !usesLocal
            ? Result<std::shared_ptr<const TlsIdentity>>(
                Error {ErrorCode::Invalid,
                       fmt::format("certificate {}: the local CA signs it, and tls.local_ca is off",
                                   certificate.id)})
            : identityOf(certificate);
        if (identity) {
            all.push_back(*identity);
            if (isLocal)
                plan.chosen.push_back(std::move(*identity));
        } else if (faults == Faults::Refuse) {
            return std::move(identity).error();
        } else {
            plan.warnings.push_back(identity.error().message());
            plan.faults.emplace(certificate.id, identity.error().message());
        }
    }
    return all;
}

Result<TlsFront::Plan> TlsFront::prepare(const Document &next, Faults faults)
{
    Plan plan;
    // Also without a listener: a document must not name what is not there.
    auto known = configured(next, faults, plan);
    if (!known)
        return std::move(known).error();
    if (!hasTls(next))
        return plan;
    if (engineSettings(next, m_parts.pinned).tlsLocalCa) {
        if (auto ca = localCa(); !ca)
            return std::move(ca).error();
    }
    const TlsSources sources {
        .pinned = m_parts.pinned,
        .configured = std::move(*known),
        .localPermits = [this](std::string_view name) { return m_ca && m_ca->permits(name); },
        .local =
            [this](const std::vector<std::string> &names) {
                return local({fmt::format("{}:{}", LocalCa::kDefaultId, names.front()), names});
            },
        .localDefault =
            [this] {
                return localDefault();
            }};
    auto config = planTls(next, sources, plan.warnings);
    if (!config)
        return std::move(config).error();
    if (faults == Faults::Warn) { // its names then get 421 from the listener's default endpoint
        std::erase_if(config->endpoints, [&](const auto &endpoint) {
            auto checked = TlsContexts::check(*config, *endpoint);
            if (!checked)
                plan.warnings.push_back(checked.error().message());
            return !checked;
        });
    }
    plan.config = std::make_shared<const TlsConfig>(std::move(*config));
    if (m_plan.config && greetsAlike(*m_plan.config, *plan.config)) {
        plan.config = m_plan.config;
        plan.perLoop = m_plan.perLoop;
        return plan;
    }
    for (size_t i = 0; i < m_parts.loops.count(); ++i) {
        auto contexts = TlsContexts::build(plan.config);
        if (!contexts)
            return std::move(contexts).error();
        plan.perLoop.push_back(std::move(*contexts));
    }
    return plan;
}

void TlsFront::commit(Plan plan, const Settings &engine)
{
    m_plan = std::move(plan);
    m_ticketLife = std::chrono::hours(engine.tlsTicketHours);
    std::set<const TlsIdentity *> used;
    if (m_plan.config) {
        for (const auto &endpoint : m_plan.config->endpoints)
            used.insert(endpoint->identity.get());
    }
    for (const auto &identity : m_plan.chosen)
        used.insert(identity.get());
    std::erase_if(m_leaves,
                  [&](const auto &leaf) { return !used.contains(leaf.second.identity.get()); });
    if (m_plan.config && !m_ticketKeys)
        look();
}

void TlsFront::look()
{
    if (!m_ticketKeys || m_parts.control.now() >= m_rotateAt)
        rotateTicketKeys();
    // The present ones are good for weeks: after a failure the next look tries again.
    if (anyEndsSoon())
        static_cast<void>(m_parts.rebuild());
    m_timer.arm(m_parts.control.timers(), kLookEvery);
}

bool TlsFront::anyEndsSoon() const
{
    return std::any_of(m_leaves.begin(), m_leaves.end(), [](const auto &leaf) {
        return leaf.second.notAfterUnix - nowUnix() <= LocalCa::kRenewDays * kDaySeconds;
    });
}

void TlsFront::rotateTicketKeys()
{
    auto fresh = TicketKeys::make(m_ticketKeys.get());
    if (!fresh)
        return; // the present ones go on; the next look tries again
    m_ticketKeys = std::move(*fresh);
    m_rotateAt = m_parts.control.now() + m_ticketLife;
    m_parts.loops.useTicketKeys(m_ticketKeys);
}

Result<std::string> TlsFront::keepKey(const std::string &chainPem, const std::string &keyPem,
                                      const std::string &passphrase)
{
    auto facts = readCertificate(chainPem);
    if (!facts)
        return std::move(facts).error().within("certificate");
    if (facts->notAfterUnix < nowUnix())
        return Error {ErrorCode::Invalid,
                      fmt::format("certificate: it ended on {}; import a newer one",
                                  formatTimestamp(facts->notAfterUnix * 1000))};
    if (facts->notBeforeUnix > nowUnix()) // it would replace one that is good today
        return Error {ErrorCode::Invalid,
                      fmt::format("certificate: it begins on {}; import it then",
                                  formatTimestamp(facts->notBeforeUnix * 1000))};
    auto opened = openKey(keyPem, passphrase);
    if (!opened)
        return std::move(opened).error().within("key");
    if (auto checked = checkKey(chainPem, opened->pem); !checked)
        return std::move(checked).error().within("key");
    auto keys = vault();
    if (!keys)
        return std::move(keys).error();
    const bool wasLost = !(*keys)->get(facts->publicKeyId);
    if (auto put = (*keys)->put(facts->publicKeyId, opened->pem); !put)
        return std::move(put).error();
    // Of a certificate that the document has already, perhaps: it can be served now. What fails
    // here is said again by the change that follows.
    if (wasLost)
        static_cast<void>(m_parts.rebuild());
    return facts->names.front();
}

} // namespace arc
