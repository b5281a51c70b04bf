// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/pem_parts.h"
#include "gui/pages/certificate_dialogs.h"

namespace arc {

/// Takes a certificate with its chain and its key from files, drops or the clipboard. What was
/// taken is told and not shown: a private key has no place on a screen. GUI thread.
class ImportDialog : public CertificateDialog {
    Q_OBJECT
public:
    /// `id` is what it replaces; empty: a new one.
    ImportDialog(WindowContext &context, const QString &id, QWidget *parent);

    void addFile(const QString &file);
    void paste(); ///< what the clipboard holds
    QLineEdit *passphraseField() const { return m_passphrase; }
    bool asksPassphrase() const;
    QString chainText() const;
    QString keyText() const;
    QPushButton *pasteButton() const { return m_paste; }
    QPushButton *clearButton() const { return m_clear; }

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void send() override;
    bool isComplete() const override;

private:
    QWidget *makeParts();
    void chooseFiles();
    void add(const std::string &text, const QString &origin);
    void showParts();

    QString m_id;
    PemParts m_parts;
    QLabel *m_chain;
    QLabel *m_key;
    QPushButton *m_choose;
    QPushButton *m_paste;
    QPushButton *m_clear;
    QLineEdit *m_passphrase;
};

} // namespace arc
