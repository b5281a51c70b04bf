// SPDX-License-Identifier: Apache-2.0
#include "gui/gui_fixture.h"

#include "gui/pages/settings_page.h"
#include "gui/theme/language.h"
#include "gui/widgets/accessible.h"

#include <QDialog>
#include <QTest>

namespace arc::test {

static Theme *s_theme = nullptr;

GuiFixture::GuiFixture(std::unique_ptr<FakeControl> engine, EngineLauncher *launcher,
                       const QString &draftFile, Tray *tray, KeepServing *keepServing)
    : m_draftFile(draftFile.isEmpty() ? dir.filePath(QStringLiteral("state/draft.json"))
                                      : draftFile),
      control(std::move(engine)), bridge(*control, launcher),
      shell(bridge,
            {.instanceName = QStringLiteral("This computer"),
             .sampleFolder = dir.filePath(QStringLiteral("samples/photos")),
             .settingsFile = dir.filePath(QStringLiteral("window.ini")),
             .openUrl = [this](const QUrl &url) { opened << url; },
             .draftFile = m_draftFile,
             .theme = s_theme,
             .tray = tray,
             .keepServing = keepServing})
{
    shell.resize(1280, 800); // the platform of tests has a smaller screen
}

int GuiFixture::applied() const
{
    int count = 0;
    for (const FakeControl::Call &call : control->calls)
        count += call.operation == "applyChanges"
            && call.request.find("\"dry_run\":true") == std::string::npos;
    return count;
}

const FakeControl::Call *GuiFixture::last(std::string_view operation) const
{
    for (auto at = control->calls.rbegin(); at != control->calls.rend(); ++at) {
        if (at->operation == operation)
            return &*at;
    }
    return nullptr;
}

void GuiFixture::open()
{
    shell.show();
    QTRY_VERIFY(bridge.link() == Link::Live);
    QTRY_VERIFY(bridge.sitesKnown());
}

void GuiFixture::makeAllSettings()
{
    const PageId before = shell.page();
    shell.goTo(PageId::Settings);
    QTRY_VERIFY(shell.settingsPage()->formRow("drain_s"));
    shell.goTo(before);
}

Theme *GuiFixture::theme() const
{
    return s_theme;
}

int runGuiTest(QObject &test, int argc, char **argv)
{
    QApplication app(argc, argv);
    QFont font(QStringLiteral("DejaVu Sans"));
    font.setPointSizeF(10);
    QApplication::setFont(font);
    installLanguage(app);
    Theme theme(app);
    s_theme = &theme;
    installAccessibility();
    QTest::setMainSourcePath(__FILE__);
    const int failures = QTest::qExec(&test, argc, argv);
    s_theme = nullptr;
    return failures;
}

QDialog *openDialog(Shell &shell)
{
    for (QDialog *dialog : shell.findChildren<QDialog *>()) {
        if (dialog->isVisible())
            return dialog;
    }
    return nullptr;
}

api::Recognition djangoFolder(const std::string &path, const std::string &name)
{
    return {.folder = path,
            .projects = {{.kind = "django",
                          .title = "Django 4.2 · WSGI",
                          .name = name,
                          .root = path,
                          .entry = name + ".wsgi:application",
                          .interface = "wsgi",
                          .evidence = {"manage.py", name + "/settings.py"},
                          .warnings = {"DEBUG is on. Fine here; turn it off before others can "
                                       "reach the site."}}},
            .pythons = {{.path = "/usr/bin/python3", .version = "3.11.2", .source = "system"}},
            .address = "http://127.0.0.1:8080"};
}

} // namespace arc::test
