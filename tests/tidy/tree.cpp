// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/tree.h"

#include <QDirIterator>
#include <QFile>

#include <algorithm>

namespace arc::tidy {

std::vector<SourceFile> readTree(const QString &root)
{
    static const QStringList folders {"app",       "server", "gui",      "plugins",
                                      "resources", "tests",  "installer"};
    static const QStringList endings {"*.cpp", "*.c",     "*.h",  "*.def", "*.py",
                                      "*.txt", "*.cmake", "*.sh", "*.sql"};
    std::vector<SourceFile> files;
    for (const QString &folder : folders) {
        QDirIterator each(root + "/" + folder, endings, QDir::Files, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            if (!file.open(QIODevice::ReadOnly))
                continue;
            QStringList lines = QString::fromUtf8(file.readAll()).split('\n');
            if (!lines.isEmpty() && lines.last().isEmpty())
                lines.removeLast();
            files.push_back({file.fileName().mid(root.size() + 1), lines});
        }
    }
    std::sort(files.begin(), files.end(),
              [](const SourceFile &a, const SourceFile &b) { return a.path < b.path; });
    return files;
}

QString codeOf(const QString &line)
{
    QString code;
    QChar quote;
    for (qsizetype i = 0; i < line.size(); ++i) {
        const QChar c = line[i];
        if (!quote.isNull()) {
            if (c == '\\')
                ++i;
            else if (c == quote)
                quote = {};
            continue;
        }
        if (c == '/' && i + 1 < line.size() && line[i + 1] == '/')
            break;
        // An apostrophe behind a digit or letter separates digits; it opens nothing.
        if (c == '"' || (c == '\'' && (i == 0 || !line[i - 1].isLetterOrNumber())))
            quote = c;
        else
            code += c;
    }
    return code;
}

} // namespace arc::tidy
