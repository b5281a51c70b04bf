// SPDX-License-Identifier: Apache-2.0
#include "gui/models/certificates_model.h"

#include "gui/models/format.h"
#include "gui/models/states.h"

#include <QStringList>

namespace arc {

constexpr int64_t kDaySeconds = 86400;
constexpr int64_t kHourSeconds = 3600;

QString joined(const std::vector<std::string> &names)
{
    QStringList all;
    for (const std::string &name : names)
        all << toQString(name);
    return all.join(QStringLiteral(", "));
}

QString certificateState(const CertificateRow &row)
{
    const api::CertificateView &view = row.view;
    if (!view.fault.empty())
        return QStringLiteral("broken");
    if (view.notAfterUnix <= row.nowUnix)
        return QStringLiteral("expired");
    if (view.notBeforeUnix > row.nowUnix)
        return QStringLiteral("early");
    return view.notAfterUnix - row.nowUnix <= kCertificateWarnDays * kDaySeconds
        ? QStringLiteral("expiring")
        : QStringLiteral("valid");
}

QString certificateEnd(const CertificateRow &row)
{
    if (row.view.notAfterUnix == 0)
        return unknownText();
    const int64_t left = row.view.notAfterUnix - row.nowUnix;
    const int64_t distance = left < 0 ? -left : left;
    const int days = int((distance + kDaySeconds / 2) / kDaySeconds); // as ctl says it
    const int hours = int((distance + kHourSeconds / 2) / kHourSeconds);
    if (days >= 2)
        return left < 0 ? CertificatesModel::tr("%n day(s) ago", nullptr, days)
                        : CertificatesModel::tr("in %n day(s)", nullptr, days);
    return left < 0 ? CertificatesModel::tr("%n hour(s) ago", nullptr, hours)
                    : CertificatesModel::tr("in %n hour(s)", nullptr, hours);
}

QString certificateSource(const api::CertificateView &view)
{
    return view.source == "local" ? CertificatesModel::tr("Local CA")
                                  : CertificatesModel::tr("Imported");
}

QString certificateUsers(const api::CertificateView &view)
{
    QStringList users;
    for (const std::string &site : view.usedBy)
        users << toQString(site);
    for (const std::string &listener : view.listeners)
        users << CertificatesModel::tr("other names on %1").arg(toQString(listener));
    return users.isEmpty() ? unknownText() : users.join(QStringLiteral(", "));
}

QString fingerprintText(const std::string &hex)
{
    QString text;
    for (size_t i = 0; i < hex.size(); ++i) {
        if (i > 0 && i % 2 == 0)
            text += QLatin1Char(':');
        text += QChar(QLatin1Char(hex[i])).toUpper();
    }
    return text;
}

void CertificatesModel::update(const std::vector<api::CertificateView> &views, int64_t nowUnixMs)
{
    std::vector<CertificateRow> rows;
    for (const api::CertificateView &view : views)
        rows.push_back({view, nowUnixMs / 60'000 * 60});
    setRows(std::move(rows));
}

int CertificatesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString CertificatesModel::text(const CertificateRow &row, int column) const
{
    const api::CertificateView &view = row.view;
    switch (column) {
    case State:
        return lookOf(certificateState(row)).word;
    case Name:
        return toQString(view.id);
    case Names:
        return view.names.empty() ? unknownText() : joined(view.names);
    case Ends:
        return certificateEnd(row);
    case UsedBy:
        return certificateUsers(view);
    case Issuer:
        return view.issuer.empty() ? unknownText() : toQString(view.issuer);
    case Key:
        return view.keyType.empty() ? unknownText() : toQString(view.keyType);
    case Source:
        return certificateSource(view);
    default:
        return {};
    }
}

QVariant CertificatesModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const CertificateRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return text(row, index.column());
    case Qt::TextAlignmentRole:
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    case kSortRole:
        if (index.column() == Ends)
            return qlonglong(row.view.notAfterUnix);
        return text(row, index.column());
    case kStateRole:
        return certificateState(row);
    default:
        return {};
    }
}

QVariant CertificatesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case State:
        return tr("State");
    case Name:
        return tr("Name");
    case Names:
        return tr("Good for");
    case Ends:
        return tr("Ends");
    case UsedBy:
        return tr("Used by");
    case Issuer:
        return tr("Issuer");
    case Key:
        return tr("Key");
    case Source:
        return tr("Source");
    default:
        return {};
    }
}

} // namespace arc
