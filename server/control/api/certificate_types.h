// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

namespace arc::api {

// Certificates: see types.h for how these travel.

/// One certificate of a chain, for people who check it.
struct ChainLink {
    std::string subject;
    std::string issuer;
    std::string keyType;     ///< empty: one that nobody takes
    std::string fingerprint; ///< SHA-256, hex
    int64_t notAfterUnix = 0;
    ARC_FIELDS(ChainLink, ARC_FIELD("subject", subject), ARC_FIELD("issuer", issuer),
               ARC_FIELD("key_type", keyType), ARC_FIELD("fingerprint", fingerprint),
               ARC_FIELD("not_after_unix", notAfterUnix))
};
struct CertificateView {
    std::string id;
    std::string source; ///< "import", "local"
    std::vector<std::string> names;
    std::string subject;
    std::string issuer;
    std::string keyType; ///< "EC P-256", "RSA 2048"
    std::string fingerprint;
    int64_t notBeforeUnix = 0;
    int64_t notAfterUnix = 0;
    std::vector<std::string> usedBy;    ///< sites
    std::vector<std::string> listeners; ///< where it is shown for names that no site has
    std::vector<ChainLink> chain;       ///< the server's own first
    bool isConfigured = false; ///< stands in the configuration; false: made by itself for a site
    std::string fault;         ///< why it is not served; empty: nothing is wrong
    ARC_FIELDS(CertificateView, ARC_FIELD("id", id), ARC_FIELD("source", source),
               ARC_FIELD("names", names), ARC_FIELD("subject", subject),
               ARC_FIELD("issuer", issuer), ARC_FIELD("key_type", keyType),
               ARC_FIELD("fingerprint", fingerprint), ARC_FIELD("not_before_unix", notBeforeUnix),
               ARC_FIELD("not_after_unix", notAfterUnix), ARC_FIELD("used_by", usedBy),
               ARC_FIELD("listeners", listeners), ARC_FIELD("chain", chain),
               ARC_FIELD("configured", isConfigured), ARC_FIELD("fault", fault))
};
struct CertificateViews {
    uint64_t revision = 0;
    std::string localCa;   ///< path of the local CA's root certificate; empty: none was needed yet
    std::string localHost; ///< what the local CA signs for beside localhost and names below it
    std::vector<CertificateView> certificates;
    ARC_FIELDS(CertificateViews, ARC_FIELD("revision", revision), ARC_FIELD("local_ca", localCa),
               ARC_FIELD("local_host", localHost), ARC_FIELD("certificates", certificates))
};
struct NewCertificate {
    std::string id;         ///< empty: made from its first name
    std::string chain;      ///< PEM, the server's own first
    std::string key;        ///< PEM
    std::string passphrase; ///< of the key; empty: it has none
    uint64_t revision = 0;  ///< it was made against; 0: the newest
    ARC_FIELDS(NewCertificate, ARC_FIELD("id", id), ARC_FIELD("chain", chain),
               ARC_FIELD("key", key), ARC_FIELD("passphrase", passphrase),
               ARC_FIELD("revision", revision))
};
struct NewLocalCertificate {
    std::string id;                 ///< empty: made from the first name
    std::vector<std::string> names; ///< that the local CA may sign for
    uint64_t revision = 0;          ///< it was made against; 0: the newest
    ARC_FIELDS(NewLocalCertificate, ARC_FIELD("id", id), ARC_FIELD("names", names),
               ARC_FIELD("revision", revision))
};
struct CertificateRemoval {
    std::string id;
    bool force = false; ///< also while sites use it; they then get another one
    ARC_FIELDS(CertificateRemoval, ARC_FIELD("id", id), ARC_FIELD("force", force))
};
struct CertificateChoice {
    std::string id; ///< empty: all
    ARC_FIELDS(CertificateChoice, ARC_FIELD("id", id))
};
struct CertificateRenewal {
    std::string id;
    std::string source; ///< as in CertificateView
    std::vector<std::string> names;
    bool isRenewed = false;
    std::string why;          ///< when it is not
    int64_t notAfterUnix = 0; ///< as it is now
    ARC_FIELDS(CertificateRenewal, ARC_FIELD("id", id), ARC_FIELD("source", source),
               ARC_FIELD("names", names), ARC_FIELD("renewed", isRenewed), ARC_FIELD("why", why),
               ARC_FIELD("not_after_unix", notAfterUnix))
};
struct CertificateRenewals {
    std::vector<CertificateRenewal> certificates;
    ARC_FIELDS(CertificateRenewals, ARC_FIELD("certificates", certificates))
};

} // namespace arc::api
