// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QString>

namespace arc {

class WindowContext;

/// The whole configuration out to a file, and in from one: looked at first, then asked about, then
/// applied with an undo. GUI thread.
class ConfigDocuments : public QObject {
    Q_OBJECT
public:
    explicit ConfigDocuments(WindowContext &context, QObject *parent = nullptr);

    void chooseImport();
    void chooseExport();
    void importFile(const QString &file);
    void exportFile(const QString &file);

private:
    void check(const QString &file, const std::string &document);
    void apply(const QString &file, const std::string &document);

    WindowContext &m_context;
};

} // namespace arc
