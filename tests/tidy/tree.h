// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace arc::tidy {

/// One file of the tree: its path from the root and its lines.
struct SourceFile {
    QString path;
    QStringList lines;

    bool isCode() const
    {
        return path.endsWith(".cpp") || path.endsWith(".c") || path.endsWith(".h");
    }
    bool isTest() const { return path.startsWith("tests/"); }
};

/// Every text file under the source folders, build folders left out.
std::vector<SourceFile> readTree(const QString &root);

/// A line without its comments and without what stands between quotes: what rules about code may
/// look at.
QString codeOf(const QString &line);

} // namespace arc::tidy
