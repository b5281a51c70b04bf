// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/draft_store.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace arc {

constexpr auto kOwnerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner;

DraftStore::DraftStore(QString path, QObject *owner)
    : m_path(std::move(path)), m_hop(std::make_shared<Hop>(owner))
{
    m_thread.setMaxThreadCount(1); // one after the other, in the order they were asked for
}

DraftStore::~DraftStore()
{
    m_hop->close();
    m_thread.waitForDone();
}

void DraftStore::read(std::function<void(Found, QByteArray)> done)
{
    m_thread.start([path = m_path, hop = m_hop, done = std::move(done)] {
        QFile file(path);
        Found found = Found::Nothing;
        QByteArray bytes;
        if (!path.isEmpty() && file.exists()) {
            found = Found::Unreadable;
            if (file.open(QIODevice::ReadOnly) && file.size() <= kBytesMax) {
                bytes = file.readAll();
                found = file.error() == QFile::NoError ? Found::Draft : Found::Unreadable;
            }
        }
        hop->run([done, found, bytes] { done(found, bytes); });
    });
}

void DraftStore::write(QByteArray bytes)
{
    if (m_path.isEmpty())
        return;
    m_thread.clear(); // an older state that was not begun yet need not be written any more
    m_thread.start([path = m_path, bytes = std::move(bytes)] {
        const QString folder = QFileInfo(path).absolutePath();
        if (!QFileInfo::exists(folder)) {
            QDir().mkpath(folder);
            QFile::setPermissions(folder, kOwnerOnly | QFileDevice::ExeOwner);
        }
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly) || !file.setPermissions(kOwnerOnly))
            return; // a full disk must not stop anybody's work; the edits are still in the window
        file.write(bytes);
        file.commit();
    });
}

void DraftStore::remove()
{
    if (m_path.isEmpty())
        return;
    m_thread.clear();
    m_thread.start([path = m_path] { QFile::remove(path); });
}

QString DraftStore::setAside()
{
    const QString aside = m_path + QStringLiteral(".damaged");
    m_thread.start([path = m_path, aside] {
        QFile::remove(aside);
        QFile::rename(path, aside);
    });
    return aside;
}

} // namespace arc
