// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace arc {

class CertificateActions;
class WindowContext;

/// The authority of this engine: what it signs for, and how its root comes to be trusted.
/// GUI thread.
class LocalCaCard : public QFrame {
    Q_OBJECT
public:
    LocalCaCard(WindowContext &context, CertificateActions &actions, QWidget *parent = nullptr);

    void show(const QString &path, const QString &host);
    void refresh(); ///< whether the engine is there

    QPushButton *saveButton() const { return m_save; }
    QPushButton *copyButton() const { return m_copy; }

Q_SIGNALS:
    void helpWanted(const QString &link); ///< a place in the manual

private:
    WindowContext &m_context;
    QLabel *m_text;
    QLabel *m_path;
    QPushButton *m_save;
    QPushButton *m_copy;
};

} // namespace arc
