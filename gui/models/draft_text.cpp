// SPDX-License-Identifier: Apache-2.0
// Staged edits as the text of a draft file, and back. A secret that was there before stands in it
// as a digest: enough to see whether somebody changed it, not enough to read it. A value typed in
// this window stands as it is, in a file for this user alone, like in the engine's own database.
#include "gui/models/pending_changes.h"

#include "gui/models/format.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace arc {

namespace {

constexpr int kFormat = 1;

QByteArray digestOf(const std::optional<std::string> &own)
{
    if (!own)
        return {};
    return QCryptographicHash::hash(QByteArray::fromStdString(*own), QCryptographicHash::Sha256)
        .toHex();
}

QJsonObject toJson(const StagedEdit &edit)
{
    QJsonObject json {{QStringLiteral("scope"), toQString(edit.id.scope)},
                      {QStringLiteral("object"), toQString(edit.id.object)},
                      {QStringLiteral("key"), toQString(edit.id.key)},
                      {QStringLiteral("field"), edit.id.kind == EditId::Kind::SiteField}};
    if (edit.value)
        json[QStringLiteral("value")] = toQString(*edit.value);
    if (!edit.app.empty())
        json[QStringLiteral("app")] = toQString(edit.app);
    if (edit.isSecret()) {
        const QByteArray digest =
            edit.beforeDigest.isEmpty() ? digestOf(edit.before.own) : edit.beforeDigest;
        if (!digest.isEmpty())
            json[QStringLiteral("before_digest")] = QString::fromLatin1(digest);
        return json;
    }
    json[QStringLiteral("shown")] = toQString(edit.shown);
    json[QStringLiteral("before_shown")] = toQString(edit.before.shown);
    if (edit.before.own)
        json[QStringLiteral("before")] = toQString(*edit.before.own);
    return json;
}

std::optional<std::string> optionalText(const QJsonObject &json, const char *key)
{
    const QJsonValue value = json.value(QLatin1String(key));
    return value.isString() ? std::optional(toStd(value.toString())) : std::nullopt;
}

std::optional<StagedEdit> editFrom(const QJsonObject &json)
{
    StagedEdit edit;
    edit.id.kind = json.value(QStringLiteral("field")).toBool() ? EditId::Kind::SiteField
                                                                : EditId::Kind::Setting;
    edit.id.scope = optionalText(json, "scope").value_or(std::string());
    edit.id.object = optionalText(json, "object").value_or(std::string());
    edit.id.key = optionalText(json, "key").value_or(std::string());
    if (edit.id.scope.empty() || edit.id.key.empty())
        return {};
    edit.value = optionalText(json, "value");
    edit.shown = optionalText(json, "shown").value_or(std::string());
    edit.before.own = optionalText(json, "before");
    edit.before.shown = optionalText(json, "before_shown").value_or(std::string());
    edit.app = optionalText(json, "app").value_or(std::string());
    edit.beforeDigest =
        QByteArray::fromStdString(optionalText(json, "before_digest").value_or(std::string()));
    return edit;
}

} // namespace

bool StagedEdit::isSameAsBefore(const std::optional<std::string> &own) const
{
    return beforeDigest.isEmpty() ? own == before.own : digestOf(own) == beforeDigest;
}

QByteArray PendingChanges::toDraft(int64_t unixMs) const
{
    QJsonArray edits;
    for (const StagedEdit &edit : m_edits)
        edits << toJson(edit);
    return QJsonDocument(QJsonObject {{QStringLiteral("format"), kFormat},
                                      {QStringLiteral("saved_unix_ms"), qint64(unixMs)},
                                      {QStringLiteral("revision"), qint64(m_madeAgainst)},
                                      {QStringLiteral("edits"), edits}})
        .toJson();
}

std::optional<PendingChanges::Draft> PendingChanges::readDraft(const QByteArray &bytes)
{
    const QJsonObject json = QJsonDocument::fromJson(bytes).object();
    if (json.value(QStringLiteral("format")).toInt() != kFormat)
        return {};
    Draft draft {.savedUnixMs = json.value(QStringLiteral("saved_unix_ms")).toInteger(),
                 .madeAgainst = uint64_t(json.value(QStringLiteral("revision")).toInteger())};
    for (const QJsonValue &one : json.value(QStringLiteral("edits")).toArray()) {
        auto edit = editFrom(one.toObject());
        if (!edit || draft.edits.size() >= kEditsMax)
            return {};
        draft.edits.push_back(std::move(*edit));
    }
    if (draft.edits.empty())
        return {};
    return draft;
}

} // namespace arc
