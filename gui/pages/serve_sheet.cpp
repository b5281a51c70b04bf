// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/serve_sheet.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/addresses.h"
#include "gui/models/format.h"
#include "gui/pages/serve_form.h"
#include "gui/pages/serve_progress.h"
#include "gui/pages/window_context.h"
#include "gui/theme/theme.h"
#include "gui/widgets/layouts.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

constexpr int kSheetWidth = 580;

static QString lastPart(const QString &folder)
{
    return QFileInfo(folder).fileName().isEmpty() ? folder : QFileInfo(folder).fileName();
}

ServeSheet::ServeSheet(WindowContext &context, const QString &folder, const QString &note,
                       QWidget *parent)
    : QDialog(parent), m_context(context), m_folder(folder), m_note(note),
      m_messagePart(makeMessage()), m_form(new ServeForm(this)),
      m_progress(new ServeProgress(context.bridge(), this)), m_second(new QPushButton(this)),
      m_close(new QPushButton(this)), m_main(new QPushButton(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Serve “%1”").arg(lastPart(folder)));
    setAccessibleName(windowTitle());
    auto *title = new QLabel(windowTitle(), this);
    title->setFont(titleFont());
    title->setTextFormat(Qt::PlainText);
    auto *path = new QLabel(
        QFontMetrics(smallFont()).elidedText(folder, Qt::ElideMiddle, kSheetWidth - 60), this);
    path->setFont(smallFont());
    path->setToolTip(folder);
    path->setTextFormat(Qt::PlainText);
    path->setProperty("secondary", true);
    m_main->setProperty("primary", true);
    m_main->setDefault(true);
    m_main->setObjectName(QStringLiteral("serveMain"));
    for (QPushButton *button : {m_second, m_close})
        button->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_second);
    buttons->addStretch();
    buttons->addWidget(m_close);
    buttons->addWidget(m_main);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 16);
    layout->setSpacing(12);
    auto *head = new QVBoxLayout;
    head->setSpacing(1);
    head->addWidget(title);
    head->addWidget(path);
    layout->addLayout(head);
    layout->addWidget(m_messagePart);
    layout->addWidget(m_form);
    layout->addWidget(m_progress, 1);
    layout->addLayout(buttons);
    connect(m_main, &QPushButton::clicked, this, &ServeSheet::mainPressed);
    connect(m_second, &QPushButton::clicked, this, &ServeSheet::secondPressed);
    connect(m_close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_form, &ServeForm::changed, this, [this] {
        if (m_step == Step::Form)
            m_main->setEnabled(m_form->isComplete());
    });
    connect(m_form, &ServeForm::heightChanged, this, &ServeSheet::fit);
    connect(m_form, &ServeForm::pythonNamed, this, &ServeSheet::askPython);
    connect(m_progress, &ServeProgress::heightChanged, this, &ServeSheet::fit);
    connect(m_progress, &ServeProgress::running, this, &ServeSheet::running);
    connect(m_progress, &ServeProgress::failed, this, [this] { setStep(Step::Failed); });
    setStep(Step::Looking);
    lookAt();
}

QWidget *ServeSheet::makeMessage()
{
    auto *part = new QWidget(this);
    m_messageTitle = new QLabel(part);
    m_messageTitle->setFont(boldFont());
    m_messageTitle->setWordWrap(true);
    m_messageText = new QLabel(part);
    m_messageText->setWordWrap(true);
    m_messageText->setTextFormat(Qt::PlainText);
    m_messageText->setProperty("secondary", true);
    auto *column = new QVBoxLayout(part);
    column->setContentsMargins(0, 6, 0, 6);
    column->addWidget(m_messageTitle);
    column->addWidget(m_messageText);
    column->addStretch();
    return part;
}

QString ServeSheet::message() const
{
    return m_messageTitle->text() + QLatin1Char('\n') + m_messageText->text();
}

void ServeSheet::setStep(Step step)
{
    m_step = step;
    struct Look {
        QWidget *part;
        QString main, second, close;
    };
    const auto look = [&]() -> Look {
        switch (step) {
        case Step::Looking:
            return {m_messagePart, {}, {}, tr("Cancel")};
        case Step::Form:
            return {m_form, tr("Serve"), {}, tr("Cancel")};
        case Step::NotProject:
            return {m_messagePart, tr("Serve as files"), tr("Look again"), tr("Cancel")};
        case Step::Serving:
            return {m_progress, {}, {}, tr("Go on in the background")};
        case Step::Running:
            return {m_progress, {}, {}, tr("Close")};
        case Step::Failed:
            return {m_progress, tr("Retry"), tr("Remove again"), tr("Close")};
        }
        return {m_messagePart, {}, {}, tr("Close")};
    }();
    for (QWidget *part :
         {m_messagePart, static_cast<QWidget *>(m_form), static_cast<QWidget *>(m_progress)})
        part->setVisible(part == look.part);
    const auto label = [](QPushButton *button, const QString &text) {
        button->setText(text);
        button->setAccessibleName(text);
        button->setVisible(!text.isEmpty());
    };
    label(m_main, look.main);
    label(m_second, look.second);
    label(m_close, look.close);
    m_main->setEnabled(step != Step::Form || m_form->isComplete());
    // Files that are no project are not published by somebody who only presses Return, and who
    // presses it too early, while the folder is looked at, has not given up.
    const bool closes = look.main.isEmpty() || step == Step::NotProject;
    QPushButton *usual = closes ? m_close : m_main;
    setMark(*m_main, "primary", !closes);
    (step == Step::Looking ? m_main : usual)->setDefault(true);
    if (step == Step::Form)
        m_form->name()->setFocus();
    else
        usual->setFocus();
    fit();
}

void ServeSheet::fit()
{
    fitHeight(*this, scaled(kSheetWidth));
}

void ServeSheet::lookAt()
{
    m_messageTitle->setText(tr("Looking at the folder"));
    m_messageText->setText(tr("Nothing of it is run."));
    m_context.bridge().call(
        &Control::recognise, {.path = toStd(m_folder)}, this,
        [this](Result<api::Recognition> answer) { takeRecognition(std::move(answer)); });
}

void ServeSheet::takeRecognition(Result<api::Recognition> answer)
{
    if (answer && !answer->projects.empty()) {
        QStringList closed;
        for (const api::ListenerStatus &listener : m_context.bridge().status().listeners) {
            if (!listener.error.empty())
                closed << tr("%1 is not open: %2")
                              .arg(toQString(listener.address), toQString(listener.error));
        }
        m_form->show(*answer, m_note, closed);
        return setStep(Step::Form);
    }
    if (answer || answer.error().code() == ErrorCode::NotProject) {
        m_messageTitle->setText(tr("No project was recognised"));
        m_messageText->setText(
            (answer ? QString() : toQString(answer.error().message()) + QLatin1Char('\n'))
            + tr(
                "Arcology looks for manage.py, a Flask or FastAPI object, or index.html. Its files "
                "can be served as they are. Visitors can then read every one of them, programs "
                "and their passwords too."));
        return setStep(Step::NotProject);
    }
    m_messageTitle->setText(tr("The folder cannot be served"));
    m_messageText->setText(toQString(answer.error().message()));
    setStep(Step::NotProject);
    m_main->hide(); // what cannot be read cannot be served as files either
    fit();
}

/// The engine runs it once and says what it is, or why no app can run with it.
void ServeSheet::askPython(const QString &path)
{
    m_context.bridge().call(&Control::recognise, {.path = toStd(m_folder), .python = toStd(path)},
                            this, [this, path](Result<api::Recognition> answer) {
                                if (!answer)
                                    return m_form->showProblem(toQString(answer.error().message()));
                                for (const api::PythonChoice &python : answer->pythons) {
                                    if (toQString(python.path) == path)
                                        return m_form->addPython(python);
                                }
                            });
}

void ServeSheet::mainPressed()
{
    switch (m_step) {
    case Step::Form:
        return serve(m_form->site());
    case Step::NotProject:
        return serve({.path = toStd(m_folder), .kind = "static"});
    case Step::Failed:
        return retry();
    default:
        return;
    }
}

void ServeSheet::secondPressed()
{
    if (m_step == Step::Failed)
        return removeAgain();
    setStep(Step::Looking);
    lookAt();
}

void ServeSheet::serve(api::NewSite site)
{
    const bool fromForm = m_step == Step::Form;
    m_opensBrowser = !fromForm || m_form->opensBrowser();
    m_main->setEnabled(false); // several clicks are one site
    m_form->showProblem({});
    m_context.bridge().call(&Control::addSite, site, this,
                            [this, site, fromForm](Result<api::Changed> answer) {
                                m_main->setEnabled(true);
                                if (answer)
                                    return takeAdded(site, *answer);
                                const QString why = toQString(answer.error().message());
                                if (fromForm)
                                    return m_form->showProblem(why);
                                m_messageTitle->setText(tr("The folder cannot be served"));
                                m_messageText->setText(why);
                                fit();
                            });
}

void ServeSheet::takeAdded(const api::NewSite &site, const api::Changed &changed)
{
    m_revision = changed.revision;
    setStep(Step::Serving);
    // The engine may have made another identifier of the name: ask for the site by its folder.
    m_context.bridge().call(&Control::sites, {}, this, [this, site](Result<api::SiteViews> answer) {
        std::string id = site.name;
        if (answer) {
            bool byName = false;
            for (const api::SiteView &view : answer->sites)
                byName = byName || view.id == site.name;
            for (const api::SiteView &view : answer->sites) {
                if (!byName && view.root == site.path)
                    id = view.id;
            }
        }
        m_site = toQString(id);
        m_progress->follow(m_site);
    });
}

void ServeSheet::retry()
{
    // Asked first: a snapshot taken before it still says "failed". The answer comes when it serves
    // or has failed again; the progress shows either before that.
    m_context.bridge().call(&Control::restartSite, {toStd(m_site)}, this,
                            [this](Result<api::Deployed> answer) {
                                if (!answer && answer.error().code() != ErrorCode::AppFailed)
                                    m_context.sayFailed(tr("Restart %1").arg(m_site),
                                                        toQString(answer.error().message()));
                            });
    setStep(Step::Serving);
    m_progress->follow(m_site);
}

void ServeSheet::removeAgain()
{
    m_context.bridge().call(&Control::removeSite, {toStd(m_site)}, this,
                            [this](Result<api::Changed> answer) {
                                if (!answer)
                                    return m_context.sayFailed(tr("Remove %1").arg(m_site),
                                                               toQString(answer.error().message()));
                                m_context.bridge().refresh();
                                reject();
                            });
}

void ServeSheet::running()
{
    setStep(Step::Running);
    const api::SiteFigures *figures = m_context.bridge().siteFigures(toStd(m_site));
    const QStringList addresses =
        figures ? siteAddresses(toStd(m_site), figures->urls) : QStringList();
    if (m_opensBrowser && !addresses.isEmpty())
        m_context.openUrl(QUrl(addresses.first()));
    m_context.sayUndoable(tr("%1 is served").arg(m_site), m_revision);
    m_context.showSite(m_site);
    accept();
}

} // namespace arc
