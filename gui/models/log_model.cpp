// SPDX-License-Identifier: Apache-2.0
#include "gui/models/log_model.h"

#include "gui/models/format.h"

#include <QRegularExpression>

namespace arc {

bool LogModel::hasColumn(int column) const
{
    switch (column) {
    case Time:
    case Message:
        return true;
    case Level:
        return m_kind != LogKind::Access;
    case Who:
        return m_kind == LogKind::App;
    default:
        return m_kind == LogKind::Access;
    }
}

void LogModel::begin(LogKind kind)
{
    if (!m_lines.empty()) {
        beginRemoveRows({}, 0, rowCount() - 1);
        m_lines.clear();
        endRemoveRows();
    }
    m_kind = kind;
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, ColumnCount - 1);
}

void LogModel::take(std::deque<LogLine> lines)
{
    while (lines.size() > size_t(kRowsMax))
        lines.pop_front();
    if (lines.empty())
        return;
    const int tooMany = int(m_lines.size() + lines.size()) - kRowsMax;
    if (tooMany > 0) {
        beginRemoveRows({}, 0, tooMany - 1);
        m_lines.erase(m_lines.begin(), m_lines.begin() + tooMany);
        endRemoveRows();
    }
    beginInsertRows({}, rowCount(), rowCount() + int(lines.size()) - 1);
    for (LogLine &line : lines) {
        if (m_kind == LogKind::App && !m_lines.empty())
            inheritTone(m_lines.back(), line);
        m_lines.push_back(std::move(line));
    }
    endInsertRows();
}

void LogModel::append(const QStringList &raw)
{
    std::deque<LogLine> lines;
    // What would be dropped at once is not even taken apart.
    for (qsizetype i = std::max<qsizetype>(0, raw.size() - kRowsMax); i < raw.size(); ++i)
        lines.push_back(parseLogLine(m_kind, raw[i]));
    take(std::move(lines));
}

void LogModel::appendMarker(const QString &text)
{
    LogLine line;
    line.tone = LogTone::Marker;
    line.raw = line.message = text;
    take(std::deque<LogLine> {std::move(line)});
}

void LogModel::showFound(const QStringList &newestFirst)
{
    begin(m_kind);
    append(QStringList(newestFirst.crbegin(), newestFirst.crend()));
}

int LogModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_lines.size());
}

int LogModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString LogModel::text(const LogLine &line, int column) const
{
    if (!hasColumn(column))
        return {};
    switch (column) {
    case Time:
        return logTimeText(line.unixMs);
    case Level:
        return toneWord(line.tone);
    case Status:
        return statusText(line.status);
    case Method:
        return line.method;
    case Message:
        return line.message;
    case Site:
        return line.site;
    case Duration:
        return line.ms < 0 ? QString() : secondsText(line.ms / 1000);
    case Bytes:
        return line.bytes < 0 ? QString() : bytesText(line.bytes);
    case Who:
        return line.who;
    default:
        return {};
    }
}

QVariant LogModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const LogLine &line = lineAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return text(line, index.column());
    case Qt::TextAlignmentRole: {
        const bool number = index.column() == Duration || index.column() == Bytes;
        return int((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    case kToneRole:
        return int(line.tone);
    default:
        return {};
    }
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole) {
        const bool number = section == Duration || section == Bytes;
        return int((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("Time");
    case Level:
        return tr("Level");
    case Status:
        return tr("Status");
    case Method:
        return tr("Method");
    case Message:
        return m_kind == LogKind::Access ? tr("Path") : tr("Message");
    case Site:
        return tr("Site");
    case Duration:
        return tr("Took");
    case Bytes:
        return tr("Sent");
    case Who:
        return tr("Process");
    default:
        return {};
    }
}

// ---- which lines are seen

void LogFilter::hideTones(QSet<int> tones)
{
    m_hidden = std::move(tones);
    invalidateFilter();
}

void LogFilter::search(const QString &text, bool isRegex)
{
    m_searches = !text.isEmpty();
    m_pattern = QRegularExpression(isRegex ? text : QRegularExpression::escape(text),
                                   QRegularExpression::CaseInsensitiveOption);
    m_problem = m_pattern.isValid() ? QString() : m_pattern.errorString();
    invalidateFilter();
}

const LogLine &LogFilter::lineAt(int row) const
{
    const auto *model = qobject_cast<const LogModel *>(sourceModel());
    return model->lineAt(mapToSource(index(row, 0)).row());
}

bool LogFilter::filterAcceptsRow(int row, const QModelIndex &) const
{
    const LogLine &line = qobject_cast<const LogModel *>(sourceModel())->lineAt(row);
    if (line.tone == LogTone::Marker)
        return true;
    if (m_hidden.contains(int(line.tone)))
        return false;
    return !m_searches || (m_problem.isEmpty() && m_pattern.match(line.raw).hasMatch());
}

} // namespace arc
