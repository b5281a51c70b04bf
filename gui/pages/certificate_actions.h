// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/certificate_types.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <functional>
#include <string>

namespace arc {

class WindowContext;

/// What can be done with certificates: the page's buttons, the menu and the palette come through
/// here, and all of it is an operation of the admin API. GUI thread.
class CertificateActions : public QObject {
    Q_OBJECT
public:
    explicit CertificateActions(WindowContext &context, QObject *parent = nullptr);

    void importNew(const QStringList &files = {}); ///< asks for it; `files` are read at once
    void importNewer(const QString &id);           ///< in the place of this one
    void create();                                 ///< asks for the names
    void renew(const QString &id);
    void renewAll();
    void remove(const QString &id);
    void saveRoot();
    void saveRootAs(const QString &file);
    void copyRoot();

    /// What the local CA signs for beside localhost, when that is known.
    void setLocalHost(const QString &host) { m_localHost = host; }
    /// Whether a file may be a certificate or a key, by its name.
    static bool isPemName(const QString &file);

Q_SIGNALS:
    void changed(); ///< the engine has other certificates now

private:
    void openImport(const QString &id, const QStringList &files);
    void tellRenewals(const api::CertificateRenewals &renewals, bool isOne);
    void withRoot(const QString &what, std::function<void(const std::string &pem)> use);

    WindowContext &m_context;
    QString m_localHost;
};

} // namespace arc
