// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/models/keyed_table_model.h"
#include "server/control/api/certificate_types.h"

#include <QString>

namespace arc {

struct CertificateRow {
    api::CertificateView view;
    int64_t nowUnix = 0; ///< of the engine, to the minute: words about time go with it

    const std::string &key() const { return view.id; }
    bool operator==(const CertificateRow &) const = default;
};

/// Before the end of an imported one, when getting another has to begin: as the engine warns.
constexpr int kCertificateWarnDays = 14;

/// Of lookOf(): "valid", "expiring", "expired", "early" or "broken".
QString certificateState(const CertificateRow &row);
/// "In 89 days", "3 days ago".
QString certificateEnd(const CertificateRow &row);
/// "Imported", "Local CA".
QString certificateSource(const api::CertificateView &view);
/// Sites, then listeners where it is shown for every other name; a dash when there is none.
QString certificateUsers(const api::CertificateView &view);
/// "AB:CD:…" of hex digits: as browsers and openssl show it.
QString fingerprintText(const std::string &hex);

/// The certificates that the engine serves by, or could. GUI thread.
class CertificatesModel : public KeyedTableModel<CertificateRow> {
    Q_OBJECT
public:
    enum Column { State, Name, Names, Ends, UsedBy, Issuer, Key, Source, ColumnCount };

    using KeyedTableModel<CertificateRow>::KeyedTableModel;

    void update(const std::vector<api::CertificateView> &views, int64_t nowUnixMs);

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const CertificateRow &row, int column) const;
};

/// Names of a list with commas between them.
QString joined(const std::vector<std::string> &names);

} // namespace arc
