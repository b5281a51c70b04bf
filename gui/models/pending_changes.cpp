// SPDX-License-Identifier: Apache-2.0
#include "gui/models/pending_changes.h"

#include "gui/models/format.h"
#include "server/config/schema.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>

namespace arc {

namespace {

constexpr std::string_view kVariable = "env.";

QString text(const char *source)
{
    return QCoreApplication::translate("arc::PendingChanges", source);
}

bool isVariable(const EditId &id)
{
    return id.kind == EditId::Kind::SiteField && id.key.starts_with(kVariable);
}

/// What can be told without the engine. It takes names that a shell could not say.
std::string nameProblem(const EditId &id)
{
    if (!isVariable(id))
        return {};
    static const QRegularExpression kName(QStringLiteral("^[A-Za-z_][A-Za-z0-9_]*$"));
    const QString name = toQString(id.key.substr(kVariable.size()));
    if (name.isEmpty())
        return toStd(text("A variable needs a name"));
    if (!kName.match(name).hasMatch())
        return toStd(
            text("“%1” is no name for a variable: letters, digits and underscores").arg(name));
    return {};
}

/// The label says what it is about: "drain_s: outside 0..3600", "apps[0].python: must be ...".
std::string withoutPlace(const api::EditProblem &problem)
{
    static const QRegularExpression kPlace(
        QStringLiteral("^(apps|sites|listeners)\\[\\d+\\][^ ]*: "));
    QString message = toQString(problem.message);
    const QString key = toQString(problem.key) + QStringLiteral(": ");
    if (message.startsWith(key))
        return toStd(message.mid(key.size()));
    return toStd(message.remove(kPlace));
}

} // namespace

// ---- one edit

bool StagedEdit::isSecret() const
{
    if (id.kind == EditId::Kind::SiteField)
        return isVariable(id);
    const SettingRow *row = findSetting(id.key);
    return row && row->type == SettingType::Secret;
}

Effect StagedEdit::effect() const
{
    if (id.kind == EditId::Kind::SiteField)
        return id.key == "hosts" ? Effect::AtOnce : Effect::RestartsWorkers;
    const SettingRow *row = findSetting(id.key);
    switch (row ? row->applies : Applies::AtOnce) {
    case Applies::AtOnce:
        return Effect::AtOnce;
    case Applies::OnNewConnections:
        return Effect::NewConnections;
    case Applies::OnRebind:
        return Effect::ReopensListeners;
    case Applies::OnWorkerRestart:
        return Effect::RestartsWorkers;
    case Applies::OnRestart:
        return Effect::EngineRestart;
    }
    return Effect::AtOnce;
}

QString StagedEdit::label() const
{
    if (id.kind == EditId::Kind::Setting) {
        const SettingRow *row = findSetting(id.key);
        return row ? toQString(row->label) : toQString(id.key);
    }
    if (isVariable(id))
        return text("Variable %1").arg(toQString(id.key.substr(kVariable.size())));
    if (id.key == "hosts")
        return text("Host names");
    if (id.key == "entry")
        return text("Entry point");
    if (id.key == "interface")
        return text("Interface");
    return text("Interpreter");
}

QString StagedEdit::changeText() const
{
    if (isSecret()) {
        const bool wasThere = before.own || !beforeDigest.isEmpty();
        return !value ? text("removed") : wasThere ? text("new value") : text("added");
    }
    const auto orNothing = [](const std::string &side) {
        return side.empty() ? text("(empty)") : toQString(side);
    };
    return orNothing(before.shown) + QStringLiteral(" → ") + orNothing(shown);
}

// ---- the list

bool PendingChanges::put(StagedEdit edit, uint64_t madeAgainst)
{
    const auto at = std::ranges::find(m_edits, edit.id, &StagedEdit::id);
    if (at != m_edits.end()) {
        // What it was before is known from the first time: later it is our own edit that shows.
        edit.before = at->before;
        edit.beforeDigest = at->beforeDigest;
        edit.isConflict = at->isConflict;
    }
    if (edit.isSameAsBefore(edit.value)) {
        if (at != m_edits.end())
            m_edits.erase(at);
        return true;
    }
    edit.problem = nameProblem(edit.id);
    if (at != m_edits.end()) {
        *at = std::move(edit);
        return true;
    }
    if (m_edits.size() >= kEditsMax)
        return false;
    if (m_edits.empty())
        m_madeAgainst = madeAgainst;
    m_edits.push_back(std::move(edit));
    return true;
}

bool PendingChanges::stage(StagedEdit edit, uint64_t madeAgainst)
{
    const bool fits = put(std::move(edit), madeAgainst);
    wholeProblem.clear();
    Q_EMIT changed();
    return fits;
}

bool PendingChanges::stageAll(std::vector<StagedEdit> edits, const std::vector<EditId> &gone,
                              uint64_t madeAgainst)
{
    bool fits = true;
    for (const EditId &id : gone)
        std::erase_if(m_edits, [&](const StagedEdit &edit) { return edit.id == id; });
    for (StagedEdit &edit : edits)
        fits = put(std::move(edit), madeAgainst) && fits;
    wholeProblem.clear();
    Q_EMIT changed();
    return fits;
}

void PendingChanges::remove(const EditId &id)
{
    if (std::erase_if(m_edits, [&](const StagedEdit &edit) { return edit.id == id; }) == 0)
        return;
    wholeProblem.clear();
    Q_EMIT changed();
}

void PendingChanges::clear()
{
    if (m_edits.empty())
        return;
    m_edits.clear();
    wholeProblem.clear();
    Q_EMIT changed();
}

void PendingChanges::settle(const std::vector<StagedEdit> &sent, uint64_t revision)
{
    for (const StagedEdit &done : sent) {
        std::erase_if(m_edits, [&](const StagedEdit &edit) {
            return edit.id == done.id && edit.value == done.value;
        });
        // Edited again while it was on its way: what we sent is what is there now.
        if (const auto at = std::ranges::find(m_edits, done.id, &StagedEdit::id);
            at != m_edits.end()) {
            at->before = {done.value, done.shown};
            at->beforeDigest.clear();
        }
    }
    m_madeAgainst = revision;
    wholeProblem.clear();
    Q_EMIT changed();
}

void PendingChanges::replace(std::vector<StagedEdit> edits, uint64_t madeAgainst)
{
    m_edits = std::move(edits);
    m_madeAgainst = madeAgainst;
    wholeProblem.clear();
    Q_EMIT changed();
}

const StagedEdit *PendingChanges::find(const EditId &id) const
{
    const auto at = std::ranges::find(m_edits, id, &StagedEdit::id);
    return at == m_edits.end() ? nullptr : &*at;
}

bool PendingChanges::hasProblem() const
{
    return !wholeProblem.empty()
        || std::ranges::any_of(m_edits, [](const StagedEdit &e) { return !e.problem.empty(); });
}

bool PendingChanges::hasConflict() const
{
    return std::ranges::any_of(m_edits, &StagedEdit::isConflict);
}

api::ChangeSet PendingChanges::changeSet(const api::SiteViews &sites) const
{
    api::ChangeSet set {.revision = m_madeAgainst};
    for (const StagedEdit &edit : m_edits) {
        const EditId &id = edit.id;
        if (id.kind == EditId::Kind::Setting) {
            set.settings.push_back(
                {.key = id.key, .scope = id.scope, .object = id.object, .value = edit.value});
            continue;
        }
        auto at = std::ranges::find(set.sites, id.object, &api::SiteEdit::id);
        if (at == set.sites.end())
            at = set.sites.insert(at, {.id = id.object});
        const std::string value = edit.value.value_or(std::string());
        if (id.key == "hosts") {
            at->hosts = splitHosts(value);
        } else if (id.key == "entry") {
            at->entry = value;
        } else if (id.key == "interface") {
            at->interface = value;
        } else if (id.key == "python") {
            at->python = value;
        } else if (isVariable(id)) {
            const auto site = std::ranges::find(sites.sites, id.object, &api::SiteView::id);
            if (!at->env)
                at->env =
                    site == sites.sites.end() ? std::map<std::string, std::string> {} : site->env;
            const std::string name = id.key.substr(kVariable.size());
            if (edit.value)
                (*at->env)[name] = value;
            else
                at->env->erase(name);
        }
    }
    return set;
}

void PendingChanges::setProblems(const std::vector<api::EditProblem> &problems)
{
    for (StagedEdit &edit : m_edits)
        edit.problem = nameProblem(edit.id);
    wholeProblem.clear();
    for (const api::EditProblem &problem : problems) {
        bool isPlaced = false;
        for (StagedEdit &edit : m_edits) {
            const bool isField = edit.id.kind == EditId::Kind::SiteField;
            const bool sameKey = edit.id.key == problem.key
                || (isField && problem.key == "env" && isVariable(edit.id)
                    && problem.message.find(edit.id.key) != std::string::npos);
            if (!sameKey || edit.id.scope != problem.scope || edit.id.object != problem.object)
                continue;
            edit.problem = withoutPlace(problem);
            isPlaced = true;
        }
        if (!isPlaced)
            wholeProblem = problem.message;
    }
    Q_EMIT annotated();
}

void PendingChanges::follow(uint64_t revision,
                            const std::function<std::optional<Current>(const EditId &)> &look)
{
    const size_t count = m_edits.size();
    std::vector<StagedEdit> kept;
    for (StagedEdit &edit : m_edits) {
        auto now = look(edit.id);
        if (now && now->own == edit.value)
            continue; // it is so already
        if (!now) {
            edit.isConflict = true;
            edit.before.shown = toStd(text("(gone)"));
        } else if (!edit.isSameAsBefore(now->own)) {
            edit.isConflict = true;
            edit.before = std::move(*now);
            edit.beforeDigest.clear();
        } else {
            edit.before = std::move(*now);
            edit.beforeDigest.clear();
        }
        kept.push_back(std::move(edit));
    }
    m_edits = std::move(kept);
    m_madeAgainst = revision;
    if (m_edits.size() != count)
        Q_EMIT changed();
    else
        Q_EMIT annotated();
}

void PendingChanges::putOnTop()
{
    for (StagedEdit &edit : m_edits)
        edit.isConflict = false;
    Q_EMIT changed();
}

// ---- what is there

EditId siteField(const std::string &site, const std::string &key)
{
    return {EditId::Kind::SiteField, "site", site, key};
}

EditId settingOf(const api::SettingEdit &edit)
{
    return {EditId::Kind::Setting, edit.scope, edit.object, edit.key};
}

std::optional<Current> currentOf(const EditId &field, const api::SiteViews &sites)
{
    const auto site = std::ranges::find(sites.sites, field.object, &api::SiteView::id);
    if (site == sites.sites.end())
        return {};
    if (isVariable(field)) {
        const auto at = site->env.find(field.key.substr(kVariable.size()));
        return at == site->env.end() ? Current {} : Current {at->second, {}};
    }
    const std::string value = field.key == "hosts" ? joinHosts(site->hosts)
        : field.key == "entry"                     ? site->entry
        : field.key == "interface"                 ? site->interface
                                                   : site->python;
    const bool anyHost = field.key == "hosts" && value.empty();
    return Current {value, anyHost ? toStd(text("any name")) : value};
}

std::optional<Current> currentOf(const EditId &setting, const api::SettingViews &views)
{
    const auto view = std::ranges::find(views.settings, setting.key, &api::SettingView::key);
    if (view == views.settings.end())
        return {};
    const SettingRow *row = findSetting(setting.key);
    return Current {view->value, view->value + std::string(row ? row->unit : std::string_view())};
}

QString objectTitle(const EditId &id)
{
    if (id.scope == "engine")
        return text("Engine");
    return (id.scope == "app" ? text("App %1") : text("Site %1")).arg(toQString(id.object));
}

QString effectText(Effect effect)
{
    switch (effect) {
    case Effect::AtOnce:
        return text("at once");
    case Effect::NewConnections:
        return text("new connections");
    case Effect::ReopensListeners:
        return text("reopens listeners");
    case Effect::RestartsWorkers:
        return text("restarts workers");
    case Effect::EngineRestart:
        return text("needs engine restart");
    }
    return {};
}

std::string joinHosts(const std::vector<std::string> &hosts)
{
    QStringList list;
    for (const std::string &host : hosts)
        list << toQString(host);
    return toStd(list.join(QStringLiteral(", ")));
}

std::vector<std::string> splitHosts(const std::string &hosts)
{
    static const QRegularExpression kSeparators(QStringLiteral("[,\\s]+"));
    std::vector<std::string> list;
    for (const QString &host : toQString(hosts).split(kSeparators, Qt::SkipEmptyParts))
        list.push_back(toStd(host));
    return list;
}

} // namespace arc
