// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/config_documents.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/app_dialogs.h"
#include "gui/pages/window_context.h"

#include <QFileDialog>
#include <QFileInfo>

namespace arc {

ConfigDocuments::ConfigDocuments(WindowContext &context, QObject *parent)
    : QObject(parent), m_context(context)
{
}

void ConfigDocuments::chooseImport()
{
    auto *dialog = new QFileDialog(m_context.window(), tr("Choose a configuration document"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Configuration documents (*.json)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &ConfigDocuments::importFile);
    dialog->open();
}

void ConfigDocuments::chooseExport()
{
    auto *dialog = new QFileDialog(m_context.window(), tr("Save the configuration as"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("json"));
    dialog->selectFile(QStringLiteral("arcology.json"));
    connect(dialog, &QFileDialog::fileSelected, this, &ConfigDocuments::exportFile);
    dialog->open();
}

void ConfigDocuments::importFile(const QString &file)
{
    m_context.bridge().readFile(file, this, [this, file](Result<std::string> document) {
        if (!document)
            return m_context.sayFailed(tr("Import"), toQString(document.error().message()));
        check(file, *document);
    });
}

void ConfigDocuments::check(const QString &file, const std::string &document)
{
    m_context.bridge().call(
        &Control::importConfig, {.document = document, .dryRun = true}, this,
        [this, file, document](Result<api::Changed> answer) {
            const QString name = QFileInfo(file).fileName();
            if (!answer)
                return m_context.sayFailed(tr("Import of %1").arg(name),
                                           toQString(answer.error().message()));
            ask(m_context.window(),
                {.title = tr("Replace the configuration by %1").arg(name),
                 .text = tr("%1\n\nWhat the document does not name is removed. It can be undone.")
                             .arg(toQString(answer->summary)),
                 .action = tr("Import %1").arg(name)},
                [this, file, document] { apply(file, document); });
        });
}

void ConfigDocuments::apply(const QString &file, const std::string &document)
{
    const QString name = QFileInfo(file).fileName();
    m_context.bridge().call(&Control::importConfig, {.document = document}, this,
                            [this, name](Result<api::Changed> answer) {
                                if (answer)
                                    m_context.sayUndoable(tr("%1 is imported").arg(name),
                                                          answer->revision);
                                else
                                    m_context.sayFailed(tr("Import of %1").arg(name),
                                                        toQString(answer.error().message()));
                                m_context.bridge().refresh();
                            });
}

void ConfigDocuments::exportFile(const QString &file)
{
    m_context.bridge().call(
        &Control::exportConfig, {}, this, [this, file](Result<api::Text> answer) {
            if (!answer)
                return m_context.sayFailed(tr("Export"), toQString(answer.error().message()));
            m_context.bridge().writeFile(file, answer->text, this, [this, file](Result<void> done) {
                if (done)
                    m_context.say(tr("The configuration is saved as %1").arg(file));
                else
                    m_context.sayFailed(tr("Export"), toQString(done.error().message()));
            });
        });
}

} // namespace arc
