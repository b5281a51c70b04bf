// SPDX-License-Identifier: Apache-2.0
// The manual against the program: nothing is missing in it, no link leads nowhere, and what it
// quotes is really said.
#include "app/ctl/ctl_manual.h"
#include "server/base/embedded.h"
#include "server/base/error.h"
#include "server/config/schema.h"
#include "server/control/api/control.h"
#include "test_paths.h"

#include <QDirIterator>
#include <QtTest>

#include <fmt/format.h>

using namespace arc;

namespace {

const QString kFolder = QStringLiteral(ARC_SOURCE_DIR "/resources/docs");

QString read(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QString page(const char *name)
{
    return read(kFolder + '/' + name);
}

QString slugOf(const QString &heading)
{
    QString slug;
    for (const QChar c : heading.toLower()) {
        if (c.isLetterOrNumber() || c == '_' || c == '-')
            slug += c;
        else if (c == ' ')
            slug += '-';
    }
    return slug;
}

QStringList pageNames()
{
    return QDir(kFolder).entryList({"*.md"});
}

} // namespace

class TestManual : public QObject {
    Q_OBJECT

    QString m_sources; // all C++ text, adjacent literals joined

private Q_SLOTS:
    void initTestCase()
    {
        for (const char *folder : {"server", "app", "gui"}) {
            QDirIterator each(QStringLiteral(ARC_SOURCE_DIR "/") + folder, {"*.cpp", "*.h"},
                              QDir::Files, QDirIterator::Subdirectories);
            while (each.hasNext())
                m_sources += read(each.next());
        }
        static const QRegularExpression adjacent("\"\\s*\\n\\s*\"");
        m_sources.remove(adjacent);
        QVERIFY(m_sources.size() > 100'000);
        QVERIFY(pageNames().size() > 12);
    }

    void everyPageIsCarriedByTheProgramAndListedInTheContents()
    {
        const QString contents = page("index.md");
        for (const QString &name : pageNames()) {
            const auto embedded = embeddedFile("docs/" + name.toStdString());
            QVERIFY2(embedded, qPrintable(name));
            QCOMPARE(QString::fromUtf8(embedded->data(), qsizetype(embedded->size())),
                     page(qPrintable(name)));
            if (name != "index.md")
                QVERIFY2(contents.contains('(' + name + ')'), qPrintable(name));
        }
    }

    void everyPageBeginsWithItsTitle()
    {
        static const QRegularExpression begin("^(<!--[^>]*-->\\n)+# \\S");
        for (const QString &name : pageNames())
            QVERIFY2(begin.match(page(qPrintable(name))).hasMatch(), qPrintable(name));
    }

    void everyLinkLeadsSomewhere()
    {
        static const QRegularExpression link("\\]\\(([^)#]*)(?:#([^)]*))?\\)");
        static const QRegularExpression heading("^#+ (.*)$", QRegularExpression::MultilineOption);
        int links = 0;
        for (const QString &name : pageNames()) {
            auto found = link.globalMatch(page(qPrintable(name)));
            while (found.hasNext()) {
                const auto one = found.next();
                const QString target = one.captured(1).isEmpty() ? name : one.captured(1);
                const QString where = name + ": " + one.captured();
                QVERIFY2(pageNames().contains(target), qPrintable(where));
                ++links;
                if (one.captured(2).isEmpty())
                    continue;
                QStringList slugs;
                auto headings = heading.globalMatch(page(qPrintable(target)));
                while (headings.hasNext())
                    slugs << slugOf(headings.next().captured(1));
                QVERIFY2(slugs.contains(one.captured(2)), qPrintable(where));
            }
        }
        QVERIFY(links > 30);
    }

    void everySettingOperationAndVerbIsThere()
    {
        const QString settings = page("settings.md");
        for (const SettingRow &row : settingRows())
            QVERIFY2(settings.contains(QString::fromStdString(std::string(row.key))),
                     std::string(row.key).c_str());
        const QString ctl = page("ctl.md");
        for (const OperationRow &row : operationRows()) {
            const auto path = QString::fromStdString(fmt::format("{}` | ", row.path));
            QVERIFY2(ctl.contains(path), std::string(row.name).c_str());
            const auto verb = QString::fromStdString(fmt::format("\n### {}\n", row.verb));
            QVERIFY2(row.verb.empty() || ctl.contains(verb), std::string(row.verb).c_str());
        }
    }

    void thePageAboutCtlIsFresh()
    {
        QVERIFY2(page("ctl.md") == QString::fromStdString(ctlManual()),
                 "stale: run arcology --dump-docs resources/docs");
    }

    void settingsNamedAnywhereExist()
    {
        static const QRegularExpression key("`([a-z]+\\.[a-z_]+)`");
        QStringList prefixes;
        for (const SettingRow &row : settingRows())
            prefixes << QString::fromStdString(std::string(row.key)).section('.', 0, 0);
        for (const QString &name : pageNames()) {
            auto found = key.globalMatch(page(qPrintable(name)));
            while (found.hasNext()) {
                const QString word = found.next().captured(1);
                if (prefixes.contains(word.section('.', 0, 0)))
                    QVERIFY2(findSetting(word.toStdString()), qPrintable(name + ": " + word));
            }
        }
    }

    /// A sentence of ours that changed must change here too: the pieces between "…" are looked for.
    void whatTroubleshootingQuotesIsSaidByTheProgram()
    {
        static const QRegularExpression quote("(?:^### |\\| \\d+ \\| )`([^`]+)`",
                                              QRegularExpression::MultilineOption);
        QString sources = m_sources;
        static const QRegularExpression hole("\\{[^{}\\s\"]*\\}|%\\d|%s");
        sources.replace(hole, "…");
        auto found = quote.globalMatch(page("troubleshooting.md"));
        int quotes = 0;
        while (found.hasNext()) {
            const QString text = found.next().captured(1);
            ++quotes;
            for (const QString &piece : text.split("…", Qt::SkipEmptyParts)) {
                const QString words = piece.trimmed();
                QVERIFY2(words.size() < 4 || sources.contains(words), qPrintable(words));
            }
        }
        QVERIFY(quotes >= 20);
    }

    void theExitCodesAreThoseOfTheProgram()
    {
        const QString text = page("exit-codes.md");
        for (int code = 0; code <= int(ErrorCode::Internal); ++code) {
            const auto one = static_cast<ErrorCode>(code);
            const auto row =
                QString::fromStdString(fmt::format("| `{}` | {} |", errorName(one), exitCode(one)));
            QVERIFY2(text.contains(row), qPrintable(row));
        }
    }

    void nothingOfTheMachineThatBuiltItIsInIt()
    {
        for (const QString &name : pageNames()) {
            const QString text = page(qPrintable(name));
            for (const char *path : {"/root/", "/work/", "/tmp/wt"})
                QVERIFY2(!text.contains(path), qPrintable(name));
        }
    }
};

QTEST_APPLESS_MAIN(TestManual)
#include "tst_manual.moc"
