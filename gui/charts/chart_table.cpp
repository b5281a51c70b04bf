// SPDX-License-Identifier: Apache-2.0
#include "gui/charts/chart_table.h"

#include "gui/charts/line_chart.h"
#include "gui/models/format.h"
#include "gui/theme/theme.h"

#include <QCoreApplication>
#include <QDialog>
#include <QHeaderView>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace arc {

constexpr QSize kTableSize {460, 520};

static QString tr(const char *text)
{
    return QCoreApplication::translate("arc::ChartTable", text);
}

static QTableWidget *makeTable(const LineChart &chart, QWidget *parent)
{
    const ChartModel &model = chart.model();
    const size_t first = model.firstSince(chart.startUnixMs());
    auto *table = new QTableWidget(int(model.size() - first), 1 + model.seriesCount(), parent);
    QStringList headers {tr("Time")};
    for (int series = 0; series < model.seriesCount(); ++series)
        headers << model.name(series);
    table->setHorizontalHeaderLabels(headers);
    for (int column = 1; column < table->columnCount(); ++column)
        table->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    table->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setHighlightSections(false);
    table->verticalHeader()->hide();
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    for (size_t i = first; i < model.size(); ++i) {
        const int row = int(model.size() - 1 - i);
        table->setItem(row, 0, new QTableWidgetItem(clockText(model.time(i))));
        for (int series = 0; series < model.seriesCount(); ++series) {
            auto *item = new QTableWidgetItem(chartText(model.value(i, series), chart.unit()));
            item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            table->setItem(row, 1 + series, item);
        }
    }
    table->setAccessibleName(chart.title());
    if (table->rowCount() > 0)
        table->setCurrentCell(0, 0);
    return table;
}

void showAsTable(const LineChart &chart, QWidget *parent)
{
    auto *dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(QStringLiteral("chartTable"));
    dialog->setWindowTitle(chart.title());
    dialog->resize(scaled(kTableSize));
    auto *table = makeTable(chart, dialog);
    auto *close = new QPushButton(tr("Close"), dialog);
    close->setDefault(true);
    QObject::connect(close, &QPushButton::clicked, dialog, &QDialog::close);
    auto *layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->addWidget(table, 1);
    layout->addWidget(close, 0, Qt::AlignRight);
    dialog->show();
    table->setFocus();
}

} // namespace arc
