// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/serve_form.h"

#include "gui/forms/env_editor.h"
#include "gui/models/addresses.h"
#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/cut_tips.h"
#include "gui/widgets/elided_label.h"
#include "server/config/schema.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace arc {

constexpr int kProjectRowHeight = 30;
constexpr int kProjectRowsMax = 5;

/// Fields of several forms below each other: their labels are all as wide as the widest.
static void alignForms(const std::initializer_list<const QFormLayout *> forms)
{
    std::vector<QWidget *> labels;
    for (const QFormLayout *form : forms) {
        for (int row = 0; row < form->rowCount(); ++row) {
            if (const QLayoutItem *label = form->itemAt(row, QFormLayout::LabelRole))
                labels.push_back(label->widget());
        }
    }
    int widest = 0;
    for (const QWidget *label : labels)
        widest = std::max(widest, label->sizeHint().width());
    for (QWidget *label : labels)
        label->setMinimumWidth(widest);
}

ServeForm::ServeForm(QWidget *parent)
    : QWidget(parent), m_note(new QLabel(this)), m_title(new QLabel(this)),
      m_evidence(new QLabel(this)), m_projects(new QListWidget(this)), m_form(new QFormLayout),
      m_name(new QLineEdit(this)), m_address(new ElidedLabel(this)),
      m_pythonLabel(new QLabel(tr("Interpreter"), this)), m_python(new QComboBox(this)),
      m_warnings(new QLabel(this)), m_open(new QCheckBox(tr("Open in browser when ready"), this)),
      m_more(new QPushButton(this)), m_morePart(makeMore()), m_problem(new QLabel(this))
{
    m_title->setFont(boldFont());
    m_title->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_note->setProperty("secondary", true);
    m_evidence->setTextFormat(Qt::PlainText);
    m_evidence->setWordWrap(true);
    m_evidence->setProperty("secondary", true);
    m_warnings->setTextFormat(Qt::PlainText);
    m_warnings->setWordWrap(true);
    m_warnings->setProperty("caution", true);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setProperty("bad", true);
    m_problem->setObjectName(QStringLiteral("serveProblem"));
    m_problem->hide();
    m_projects->setAccessibleName(tr("Projects found"));
    keepTipsToWhatIsCut(*m_projects);
    m_name->setObjectName(QStringLiteral("serveName"));
    m_name->setAccessibleName(tr("Name of the site"));
    m_python->setAccessibleName(tr("Interpreter"));
    m_python->setObjectName(QStringLiteral("servePython"));
    m_open->setChecked(true);
    m_more->setProperty("flat", true);
    m_more->setProperty("fold", true);
    m_more->setObjectName(QStringLiteral("serveMore"));
    auto *found = new QVBoxLayout;
    found->setSpacing(2);
    found->addWidget(m_title);
    found->addWidget(m_evidence);
    m_form->setHorizontalSpacing(20);
    m_form->setVerticalSpacing(10);
    m_form->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    auto *foundLabel = new QLabel(tr("Found"), this);
    foundLabel->setAlignment(Qt::AlignLeft | Qt::AlignTop); // beside the first of two lines
    m_form->addRow(foundLabel, found);
    m_form->addRow(tr("Name"), m_name);
    m_form->addRow(tr("Address"), m_address);
    m_form->addRow(m_pythonLabel, m_python);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    layout->addWidget(m_note);
    layout->addWidget(m_projects);
    layout->addLayout(m_form);
    layout->addWidget(m_warnings);
    layout->addWidget(m_open);
    layout->addWidget(m_more, 0, Qt::AlignLeft);
    layout->addWidget(m_morePart);
    layout->addWidget(m_problem);
    alignForms({m_form, m_moreForm});
    connect(m_projects, &QListWidget::currentRowChanged, this, &ServeForm::choose);
    connect(m_name, &QLineEdit::textChanged, this, [this] {
        showAddress();
        Q_EMIT changed();
    });
    connect(m_python, &QComboBox::activated, this, &ServeForm::pythonActivated);
    connect(m_more, &QPushButton::clicked, this, &ServeForm::toggleMore);
    connect(m_env, &EnvEditor::changed, this, [this] {
        showProblem(m_env->problem());
        Q_EMIT changed();
        Q_EMIT heightChanged();
    });
    toggleMore();
}

QWidget *ServeForm::makeMore()
{
    auto *part = new QWidget(this);
    m_entry = new QLineEdit(part);
    m_interface = new QComboBox(part);
    m_workers = new QSpinBox(part);
    m_env = new EnvEditor(part);
    m_entry->setAccessibleName(tr("Entry point"));
    m_entry->setFont(monoFont());
    m_interface->setAccessibleName(tr("Interface"));
    m_interface->addItems({QStringLiteral("auto"), QStringLiteral("wsgi"), QStringLiteral("asgi")});
    const SettingRow *processes = findSetting("pool.processes");
    Q_ASSERT(processes);
    m_workers->setRange(int(processes->min), int(processes->max));
    m_workers->setSpecialValueText(toQString(processes->zeroMeans));
    m_workers->setToolTip(toQString(processes->help));
    m_workers->setAccessibleName(tr("Worker processes"));
    m_moreForm = new QFormLayout(part);
    m_moreForm->setContentsMargins(0, 0, 0, 0);
    m_moreForm->setHorizontalSpacing(20);
    m_moreForm->setVerticalSpacing(10);
    m_moreForm->setLabelAlignment(Qt::AlignLeft);
    m_moreForm->addRow(tr("Entry point"), m_entry);
    m_moreForm->addRow(tr("Interface"), m_interface);
    m_moreForm->addRow(tr("Worker processes"), m_workers);
    m_moreForm->addRow(tr("Variables"), m_env);
    return part;
}

void ServeForm::toggleMore()
{
    const bool shown = m_morePart->isHidden();
    m_morePart->setVisible(shown);
    m_more->setIcon(icon(shown ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
    m_more->setText(shown ? tr("Less") : tr("More: entry point, workers, environment variables"));
    m_more->setAccessibleName(m_more->text());
    Q_EMIT heightChanged();
}

QString ServeForm::address() const
{
    return m_address->fullText();
}

void ServeForm::show(const api::Recognition &found, const QString &note,
                     const QStringList &listenerProblems)
{
    m_found = found;
    m_listenerProblems = listenerProblems;
    m_note->setText(
        found.projects.size() > 1
            ? tr("%n projects are in this folder. Choose one:", nullptr, int(found.projects.size()))
            : note);
    m_note->setVisible(!m_note->text().isEmpty());
    m_projects->clear();
    for (const api::ProjectChoice &project : found.projects) {
        auto *item = new QListWidgetItem(
            tr("%1 — %2").arg(toQString(project.title), toQString(project.root)), m_projects);
        item->setSizeHint({100, scaled(kProjectRowHeight)});
        item->setToolTip(item->text());
    }
    m_projects->setVisible(found.projects.size() > 1);
    m_projects->setFixedHeight(
        scaled(kProjectRowHeight) * std::min(int(found.projects.size()), kProjectRowsMax) + 8);
    showPythons();
    m_chosen = -1;
    m_projects->setCurrentRow(0);
    choose(0);
}

const api::ProjectChoice *ServeForm::chosen() const
{
    return m_chosen >= 0 && m_chosen < int(m_found.projects.size())
        ? &m_found.projects[size_t(m_chosen)]
        : nullptr;
}

void ServeForm::choose(int project)
{
    if (project == m_chosen)
        return;
    m_chosen = project;
    const api::ProjectChoice *choice = chosen();
    if (!choice)
        return;
    const bool isStatic = choice->kind == "static";
    m_title->setText(toQString(choice->title));
    QStringList evidence;
    for (const std::string &line : choice->evidence)
        evidence << toQString(line);
    m_evidence->setText(evidence.join(QStringLiteral(" · ")));
    m_evidence->setVisible(!evidence.isEmpty());
    m_name->setText(toQString(choice->name));
    m_entry->setText(toQString(choice->entry));
    const int at = m_interface->findText(toQString(choice->interface));
    m_interface->setCurrentIndex(at < 0 ? 0 : at);
    QStringList warnings;
    for (const std::string &warning : choice->warnings)
        warnings << QStringLiteral("▲ ") + toQString(warning);
    for (const QString &problem : m_listenerProblems)
        warnings << QStringLiteral("▲ ") + problem;
    m_warnings->setText(warnings.join(QLatin1Char('\n')));
    m_warnings->setVisible(!warnings.isEmpty());
    m_python->setVisible(!isStatic);
    m_pythonLabel->setVisible(!isStatic);
    m_more->setVisible(!isStatic);
    if (isStatic)
        m_morePart->hide();
    showAddress();
    Q_EMIT changed();
    Q_EMIT heightChanged();
}

void ServeForm::showAddress()
{
    const std::string name = toStd(m_name->text().trimmed());
    QUrl url(toQString(m_found.address));
    if (url.host().endsWith(QLatin1String(".localhost")) && !name.empty())
        url.setHost(toQString(name) + QStringLiteral(".localhost"));
    const QStringList addresses = siteAddresses(name, {toStd(url.toString())});
    m_address->setFullText(m_found.address.empty() ? tr("No listener is open: see below")
                                                   : addresses.join(QStringLiteral(" · ")));
}

void ServeForm::showPythons()
{
    m_python->clear();
    for (const api::PythonChoice &python : m_found.pythons) {
        m_python->addItem(tr("%1 · %2").arg(toQString(python.version), toQString(python.source)),
                          toQString(python.path));
        m_python->setItemData(m_python->count() - 1, toQString(python.path), Qt::ToolTipRole);
    }
    if (m_python->count() == 0)
        m_python->addItem(tr("No Python found"), QString());
    m_python->insertSeparator(m_python->count());
    m_python->addItem(tr("Another interpreter…"), QString());
    m_python->setCurrentIndex(0);
    m_pythonRow = 0;
}

void ServeForm::pythonActivated(int row)
{
    if (row != m_python->count() - 1) {
        m_pythonRow = row;
        return showProblem({});
    }
    m_python->setCurrentIndex(m_pythonRow);
    auto *dialog = new QFileDialog(this, tr("Choose an interpreter"), QStringLiteral("/usr/bin"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &ServeForm::pythonNamed);
    dialog->open();
}

void ServeForm::addPython(const api::PythonChoice &python)
{
    const QString path = toQString(python.path);
    int row = m_python->findData(path);
    if (row < 0) {
        row = 0;
        m_python->insertItem(
            row, tr("%1 · %2").arg(toQString(python.version), toQString(python.source)), path);
        m_python->setItemData(row, path, Qt::ToolTipRole);
    }
    m_python->setCurrentIndex(row);
    m_pythonRow = row;
    showProblem({});
}

bool ServeForm::opensBrowser() const
{
    return m_open->isChecked();
}

bool ServeForm::isComplete() const
{
    return chosen() && !m_name->text().trimmed().isEmpty() && m_env->problem().isEmpty();
}

void ServeForm::showProblem(const QString &sentence)
{
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
    Q_EMIT heightChanged();
}

api::NewSite ServeForm::site() const
{
    const api::ProjectChoice *choice = chosen();
    if (!choice)
        return {};
    api::NewSite site {
        .path = choice->root, .name = toStd(m_name->text().trimmed()), .kind = choice->kind};
    if (choice->kind == "static")
        return site;
    site.entry = toStd(m_entry->text().trimmed());
    site.interface = toStd(m_interface->currentText());
    site.python = toStd(m_python->currentData().toString());
    site.env = m_env->variables();
    if (m_workers->value() > 0)
        site.settings["pool.processes"] = std::to_string(m_workers->value());
    return site;
}

} // namespace arc
