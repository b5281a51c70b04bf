// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/types.h"

#include <QDialog>

class QLabel;
class QPushButton;

namespace arc {

class ServeForm;
class ServeProgress;
class WindowContext;

/// From a folder to a served site: look, choose, serve, watch it start. Everything that goes wrong
/// is told inside the sheet. Closing it while a site starts lets it go on starting. GUI thread.
class ServeSheet : public QDialog {
    Q_OBJECT
public:
    enum class Step { Looking, Form, NotProject, Serving, Running, Failed };

    ServeSheet(WindowContext &context, const QString &folder, const QString &note,
               QWidget *parent = nullptr);

    Step step() const { return m_step; }
    ServeForm *form() const { return m_form; }
    ServeProgress *progress() const { return m_progress; }
    QPushButton *mainButton() const { return m_main; }
    QPushButton *secondButton() const { return m_second; }
    QPushButton *closeButton() const { return m_close; }
    QString message() const;

private:
    QWidget *makeMessage();
    void setStep(Step step);
    void lookAt();
    void askPython(const QString &path);
    void takeRecognition(Result<api::Recognition> answer);
    void mainPressed();
    void secondPressed();
    void serve(api::NewSite site);
    void takeAdded(const api::NewSite &site, const api::Changed &changed);
    void retry();
    void removeAgain();
    void running();
    void fit();

    WindowContext &m_context;
    QString m_folder;
    QString m_note;
    Step m_step = Step::Looking;
    uint64_t m_revision = 0;
    QString m_site;
    bool m_opensBrowser = true;
    QWidget *m_messagePart;
    QLabel *m_messageTitle;
    QLabel *m_messageText;
    ServeForm *m_form;
    ServeProgress *m_progress;
    QPushButton *m_second;
    QPushButton *m_close;
    QPushButton *m_main;
};

} // namespace arc
