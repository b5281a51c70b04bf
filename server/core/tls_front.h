// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/certs/key_vault.h"
#include "server/certs/local_ca.h"
#include "server/config/effective.h"
#include "server/control/engine_host.h"
#include "server/loop/event_loop.h"
#include "server/loop/timer_wheel.h"
#include "server/tls/ticket_keys.h"
#include "server/tls/tls_contexts.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arc {

class IoLoops;

/// Everything about TLS that a configuration needs: which certificate for which name, private keys
/// from the vault, the local CA, and the contexts of every loop. Rotates ticket keys and renews
/// certificates of the local CA before they end. Control loop only.
class TlsFront {
public:
    struct Parts {
        EventLoop &control;
        IoLoops &loops;
        std::string dataDir;
        const PinnedSettings &pinned;
        /// Certificates are to be built again and published. After a failure the present ones are
        /// served on.
        std::function<Result<void>()> rebuild;
    };
    explicit TlsFront(Parts parts);
    ~TlsFront();

    /// What a configuration will be served by. Empty without a TLS listener.
    struct Plan {
        std::shared_ptr<const TlsConfig> config;
        std::vector<std::shared_ptr<const TlsContexts>> perLoop;
        std::vector<std::string> warnings;
        std::map<std::string, std::string> faults; ///< of certificates that cannot be served, by id
        /// Of the local CA for names in the document: kept, whether a site uses them or not.
        std::vector<std::shared_ptr<const TlsIdentity>> chosen;
    };
    /// What to do about what is wrong: a change is refused; at a start the rest is served, and a
    /// warning shown.
    enum class Faults { Refuse, Warn };
    /// Everything that can fail. Contexts of the plan in force are used again when nothing about
    /// them differs.
    Result<Plan> prepare(const Document &next, Faults faults);
    void commit(Plan plan, const Settings &engine);
    const Plan &plan() const noexcept { return m_plan; }
    /// Of the plan in force, and which imported certificates in use have ended or soon will.
    std::vector<std::string> warnings() const;

    /// Checks an imported certificate and key and keeps the key. Its first name, or what is wrong.
    /// A certificate of the document in force that waited for this key is served from then on.
    Result<std::string> keepKey(const std::string &chainPem, const std::string &keyPem,
                                const std::string &passphrase);
    /// All of the document, then those of the local CA that are in use.
    std::vector<api::CertificateView> certificates(const Document &document) const;
    EngineHost::LocalAuthority localAuthority() const;
    /// New certificates of the local CA, whatever is left of the present ones: the one that is
    /// called so, or all for an empty id. What became of each, imported ones included.
    std::vector<api::CertificateRenewal> renew(const Document &document, std::string_view id);

private:
    static constexpr std::chrono::minutes kLookEvery {30};
    static constexpr int kWarnDays = 14; ///< renewing by hand takes people some days

    struct Leaf {
        std::shared_ptr<const TlsIdentity> identity;
        int64_t notAfterUnix = 0;
    };

    /// What the local CA signed, by what it is called and good for.
    using LeafKey = std::pair<std::string, std::vector<std::string>>;
    using Leaves = std::map<LeafKey, Leaf>;

    Result<KeyVault *> vault();
    Result<LocalCa *> localCa();
    Result<Leaf> sign(const LeafKey &key);
    Result<std::shared_ptr<const TlsIdentity>> local(const LeafKey &key);
    Result<std::shared_ptr<const TlsIdentity>> localDefault();
    Result<std::shared_ptr<const TlsIdentity>> identityOf(const CertificateConfig &certificate);
    Result<std::vector<std::shared_ptr<const TlsIdentity>>> configured(const Document &document,
                                                                       Faults faults, Plan &plan);

    void look();
    bool anyEndsSoon() const;
    void rotateTicketKeys();
    struct Users {
        std::vector<std::string> sites;
        std::vector<std::string> listeners;
    };
    Users usersOf(const TlsIdentity &identity) const;
    api::CertificateView viewOf(const TlsIdentity &identity, const char *source) const;

    Parts m_parts;
    std::optional<KeyVault> m_vault;
    std::optional<LocalCa> m_ca;
    Leaves m_leaves;
    std::shared_ptr<const TicketKeys> m_ticketKeys;
    SteadyTime m_rotateAt {};
    std::chrono::hours m_ticketLife {12};
    Plan m_plan;
    Timer m_timer;
};

} // namespace arc
