// SPDX-License-Identifier: Apache-2.0
#include "gui/widgets/sample_cards.h"

#include "gui/theme/theme.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace arc {

namespace {

constexpr int kCardWidth = 180;
constexpr int kCardWidthMax = 290; ///< three fit beside the rail; larger letters wrap

struct Sample {
    const char *name; ///< of its folder
    QString title;
    QString line;
};

QFrame *makeCard(const Sample &sample, QPushButton *button, QWidget *parent)
{
    auto *card = new QFrame(parent);
    card->setProperty("card", true);
    card->setFixedWidth(std::min(scaled(kCardWidth), kCardWidthMax));
    auto *title = new QLabel(sample.title, card);
    QFont bold = title->font();
    bold.setWeight(QFont::DemiBold);
    title->setFont(bold);
    auto *line = new QLabel(sample.line, card);
    line->setProperty("secondary", true);
    line->setWordWrap(true);
    line->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(12, 10, 12, 12);
    layout->setSpacing(4);
    layout->addWidget(title);
    layout->addWidget(line, 1);
    layout->addSpacing(4);
    layout->addWidget(button, 0, Qt::AlignLeft);
    return card;
}

} // namespace

SampleCards::SampleCards(QWidget *parent) : QWidget(parent)
{
    const Sample samples[] = {
        {"photos", tr("Photos"), tr("Django: a gallery with albums, tags and uploads")},
        {"filesync", tr("Files"), tr("Flask: uploads that resume, folders kept in step")},
        {"streaming", tr("Music"), tr("FastAPI: a library to play and seek in, live figures")},
    };
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(10);
    for (const Sample &sample : samples) {
        const QString name = QLatin1String(sample.name);
        auto *button = new QPushButton(tr("Try it"), this);
        button->setObjectName(QStringLiteral("sample-") + name);
        button->setAccessibleName(tr("Try the sample %1").arg(sample.title));
        button->setAccessibleDescription(sample.line);
        connect(button, &QPushButton::clicked, this, [this, name] { Q_EMIT chosen(name); });
        row->addWidget(makeCard(sample, button, this));
    }
}

} // namespace arc
