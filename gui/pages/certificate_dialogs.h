// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/widgets/titled_dialog.h"
#include "server/base/error.h"
#include "server/control/api/types.h"

class QFormLayout;
class QLabel;
class QLineEdit;
class QVBoxLayout;

namespace arc {

class WindowContext;

/// What both ways to a certificate look like: title, what it is about, fields, why the engine
/// refused, Cancel and the deed. It stays open until the engine has taken it. GUI thread.
class CertificateDialog : public TitledDialog {
    Q_OBJECT
public:
    QPushButton *mainButton() const { return m_main; }
    QLineEdit *nameField() const { return m_name; }
    QString problem() const;

Q_SIGNALS:
    void taken(); ///< the engine has it

protected:
    CertificateDialog(WindowContext &context, const QString &title, const QString &text,
                      const QString &action, QWidget *parent);

    WindowContext &context() const { return m_context; }
    QVBoxLayout *content() const { return m_content; } ///< above the fields
    QFormLayout *fields() const { return m_fields; }
    QLineEdit *addField(const QString &name);
    void addNameField(); ///< after every other field
    void showProblem(const QString &text);
    /// The engine is asked: nothing can be pressed meanwhile.
    void setBusy(bool busy, const QString &action);
    void take(const Result<api::Changed> &answer, const QString &done, const QString &action);

    virtual void send() = 0;
    virtual bool isComplete() const = 0;
    void refresh();

private:
    WindowContext &m_context;
    QVBoxLayout *m_content;
    QFormLayout *m_fields;
    QLineEdit *m_name = nullptr;
    QLabel *m_problem;
    QPushButton *m_main;
    bool m_isBusy = false;
};

/// Has the local CA sign a certificate for names. GUI thread.
class CreateDialog : public CertificateDialog {
    Q_OBJECT
public:
    CreateDialog(WindowContext &context, const QString &localHost, QWidget *parent);

    QLineEdit *namesField() const { return m_names; }

protected:
    void send() override;
    bool isComplete() const override;

private:
    QStringList names() const;

    QLineEdit *m_names;
};

} // namespace arc
