// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/about_page.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/diagnostics_dialog.h"
#include "gui/pages/window_context.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/layouts.h"
#include "server/base/version.h"

#include <QClipboard>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace arc {

constexpr int kContentWidth = 860;
constexpr int kLogoSize = 56;

static void clear(QGridLayout *grid)
{
    while (QLayoutItem *item = grid->takeAt(0)) {
        if (QWidget *widget = item->widget())
            widget->deleteLater();
        delete item;
    }
}

static QLabel *addFact(QGridLayout *grid, QWidget *parent, const QString &name,
                       const QString &value)
{
    const int row = nextRow(*grid);
    auto *label = new QLabel(name, parent);
    label->setProperty("secondary", true);
    auto *text = new QLabel(value, parent);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text->setWordWrap(true);
    text->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    text->setProperty("fact", true);
    text->setAccessibleName(name + QLatin1Char(' ') + value);
    grid->addWidget(label, row, 0, Qt::AlignTop);
    grid->addWidget(text, row, 1);
    return text;
}

AboutPage::AboutPage(WindowContext &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_content(new QWidget(this)),
      m_version(new QLabel(m_content)), m_note(new QLabel(m_content)),
      m_diagnostics(new QPushButton(icon(QStringLiteral("copy"), Tint::OnAccent),
                                    tr("Copy &diagnostics…"), m_content))
{
    m_content->setProperty("page", true);
    m_content->setMaximumWidth(scaled(kContentWidth));
    auto *column = new QVBoxLayout(m_content);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addWidget(makeHead());
    m_facts = makeCard(tr("What runs"));
    m_paths = makeCard(tr("Where things are"));
    column->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setWidget(m_content);
    scroll->setAccessibleName(tr("About Arcology"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    connect(m_diagnostics, &QPushButton::clicked, this, &AboutPage::openDiagnostics);
    connect(&context.bridge(), &ControlBridge::statusChanged, this, [this] {
        if (isVisible())
            fetch();
    });
    connect(&context.bridge(), &ControlBridge::linkChanged, this, [this] {
        if (isVisible())
            fetch();
    });
    showFacts();
}

void AboutPage::openDiagnostics()
{
    auto *dialog = new DiagnosticsDialog(m_context.bridge(), m_context.window());
    dialog->open();
}

QWidget *AboutPage::makeHead()
{
    auto *card = new QFrame(m_content);
    card->setProperty("card", true);
    auto *logo = new QLabel(card);
    logo->setPixmap(iconPixmap(QStringLiteral("arcology"), Theme::tokens().accent,
                               scaled(kLogoSize), devicePixelRatioF()));
    logo->setFixedWidth(scaled(kLogoSize) + 8);
    auto *name = new QLabel(tr("Arcology"), card);
    name->setFont(titleFont());
    auto *text = new QLabel(tr("One program that turns one strong machine into a whole web "
                               "platform for Python applications."),
                            card);
    text->setWordWrap(true);
    auto *licence = new QLabel(
        tr("Apache License 2.0. It comes without warranty; see the file LICENSE."), card);
    licence->setProperty("secondary", true);
    licence->setWordWrap(true);
    m_note->setProperty("bad", true);
    m_note->setWordWrap(true);
    m_diagnostics->setProperty("primary", true);
    auto *help = new QPushButton(icon(QStringLiteral("help")), tr("&Manual (F1)"), card);
    connect(help, &QPushButton::clicked, this, &AboutPage::helpWanted);
    auto *keys = new QPushButton(icon(QStringLiteral("keyboard")), tr("&Keyboard shortcuts"), card);
    connect(keys, &QPushButton::clicked, this, &AboutPage::keysWanted);
    auto *words = new QVBoxLayout;
    words->setSpacing(4);
    for (QWidget *widget : {static_cast<QWidget *>(name), static_cast<QWidget *>(m_version),
                            static_cast<QWidget *>(text), static_cast<QWidget *>(licence),
                            static_cast<QWidget *>(m_note)})
        words->addWidget(widget);
    auto *buttons = new QVBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_diagnostics);
    buttons->addWidget(help);
    buttons->addWidget(keys);
    buttons->addStretch();
    auto *row = new QHBoxLayout(card);
    row->setContentsMargins(16, 14, 16, 14);
    row->setSpacing(16);
    row->addWidget(logo, 0, Qt::AlignTop);
    row->addLayout(words, 1);
    row->addLayout(buttons);
    return card;
}

QGridLayout *AboutPage::makeCard(const QString &title)
{
    auto *card = new QFrame(m_content);
    card->setProperty("card", true);
    auto *heading = new QLabel(title, card);
    heading->setFont(boldFont());
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(20);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(1, 1);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(16, 12, 16, 14);
    column->setSpacing(10);
    column->addWidget(heading);
    column->addLayout(grid);
    m_content->layout()->addWidget(card);
    return grid;
}

void AboutPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    fetch();
}

void AboutPage::fetch()
{
    m_context.bridge().call(&Control::about, {}, this, [this](Result<api::About> answer) {
        m_problem = answer ? QString() : toQString(answer.error().message());
        if (answer && *answer == m_about && m_facts->count() > 0)
            return m_note->hide(); // rebuilding would take a selection away
        if (answer)
            m_about = std::move(*answer);
        showFacts();
    });
}

void AboutPage::showFacts()
{
    const QString window = QLatin1String(kVersion);
    const QString engine = toQString(m_about.version);
    m_version->setText(tr("Version %1").arg(window));
    // An engine goes on serving while the program on disk is replaced: both are told.
    if (!engine.isEmpty() && engine != window)
        m_version->setText(tr("Window %1 · engine %2").arg(window, engine));
    m_note->setVisible(!m_problem.isEmpty());
    m_note->setText(tr("The engine does not answer: %1").arg(m_problem));
    clear(m_facts);
    QWidget *parent = m_content;
    const api::Status &status = m_context.bridge().status();
    if (!engine.isEmpty()) {
        addFact(m_facts, parent, tr("Engine"),
                tr("%1, process %2, since %3")
                    .arg(engine)
                    .arg(status.pid)
                    .arg(dateTimeText(status.startedUnixMs)));
        addFact(m_facts, parent, tr("Build"), toQString(m_about.build));
        addFact(m_facts, parent, tr("System"), toQString(m_about.system));
    }
    for (const auto &[name, version] : m_about.libraries)
        addFact(m_facts, parent, toQString(name), toQString(version));
    addFact(m_facts, parent, tr("Qt (this window)"), QLatin1String(qVersion()));
    showPaths();
}

void AboutPage::showPaths()
{
    clear(m_paths);
    const std::pair<QString, const std::string &> kPaths[] = {
        {tr("Data"), m_about.dataDir},
        {tr("Configuration"), m_about.database},
        {tr("Logs"), m_about.logDir},
        {tr("Program"), m_about.executable},
    };
    for (const auto &[name, value] : kPaths) {
        if (value.empty())
            continue;
        const QString path = toQString(value);
        QLabel *text = addFact(m_paths, m_content, name, path);
        text->setFont(monoFont());
        text->setAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        const int row = nextRow(*m_paths) - 1;
        m_paths->itemAtPosition(row, 0)->setAlignment(Qt::AlignVCenter);
        auto *copy =
            new QPushButton(icon(QStringLiteral("copy"), Tint::Accent), tr("Copy"), m_content);
        copy->setProperty("link", true);
        copy->setAccessibleName(tr("Copy the path of %1").arg(name));
        connect(copy, &QPushButton::clicked, this, [this, path] {
            QGuiApplication::clipboard()->setText(path);
            m_context.say(tr("Path copied"));
        });
        m_paths->addWidget(copy, row, 2);
        if (&value != &m_about.dataDir && &value != &m_about.logDir)
            continue; // folders can be opened, a database should not be
        auto *open =
            new QPushButton(icon(QStringLiteral("folder"), Tint::Accent), tr("Open"), m_content);
        open->setProperty("link", true);
        open->setAccessibleName(tr("Open the folder of %1").arg(name));
        connect(open, &QPushButton::clicked, this, [this, path] { m_context.openFolder(path); });
        m_paths->addWidget(open, row, 3);
    }
    m_paths->parentWidget()->setVisible(m_paths->count() > 0);
}

QStringList AboutPage::facts() const
{
    QStringList facts;
    for (const QLabel *label : m_content->findChildren<QLabel *>()) {
        if (label->property("fact").toBool())
            facts << label->accessibleName();
    }
    return facts;
}

} // namespace arc
