// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

#include <QByteArray>
#include <QObject>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arc {

/// When an edit takes effect, for people.
enum class Effect { AtOnce, NewConnections, ReopensListeners, RestartsWorkers, EngineRestart };

/// What an edit is about: a setting of a level, or a field of a site ("hosts", "entry",
/// "interface", "python", "env.NAME").
struct EditId {
    enum class Kind { Setting, SiteField };
    Kind kind = Kind::Setting;
    std::string scope; ///< "engine", "app", "site"; of a site's field "site"
    std::string object;
    std::string key;
    auto operator<=>(const EditId &) const = default;
};

/// What the engine says about the place of an edit.
struct Current {
    std::optional<std::string> own; ///< a setting's value in force; absent: no such variable
    std::string shown;              ///< for people, with what is inherited
};

/// One change that is not applied yet.
struct StagedEdit {
    EditId id;
    std::optional<std::string> value; ///< absent: back to the inherited value, variable removed
    std::string shown;                ///< the value for people
    Current before;                   ///< when it was staged: what it must still be to be ours
    QByteArray beforeDigest {};       ///< instead of before.own, after a restart: of a secret
    std::string app {};               ///< of a site's field: whose workers restart; empty: none
    std::string problem {};           ///< why the engine would refuse it
    bool isConflict = false;          ///< somebody else changed it meanwhile, to `before.shown`

    bool isSecret() const;
    Effect effect() const;
    QString label() const;      ///< "Keep-alive time", "Variable DEBUG"
    QString changeText() const; ///< "65 s → 30 s"; secrets are not shown
    bool isSameAsBefore(const std::optional<std::string> &own) const;
};

/// Everything that was edited in this window and is not applied: of all pages, in one list that
/// becomes one revision. Knows no widget and no engine. GUI thread.
class PendingChanges : public QObject {
    Q_OBJECT
public:
    static constexpr size_t kEditsMax = 500;

    using QObject::QObject;

    /// An edit that says what is there already is no edit. False: the list is full.
    bool stage(StagedEdit edit, uint64_t madeAgainst);
    /// Several that belong together: told of once.
    bool stageAll(std::vector<StagedEdit> edits, const std::vector<EditId> &gone,
                  uint64_t madeAgainst);
    void remove(const EditId &id);
    void clear();
    /// Forgets those that were sent as they are now, and knows what became of the rest.
    void settle(const std::vector<StagedEdit> &sent, uint64_t revision);
    void replace(std::vector<StagedEdit> edits, uint64_t madeAgainst);

    const std::vector<StagedEdit> &edits() const { return m_edits; }
    const StagedEdit *find(const EditId &id) const;
    bool isEmpty() const { return m_edits.empty(); }
    int count() const { return int(m_edits.size()); }
    uint64_t madeAgainst() const { return m_madeAgainst; }
    bool hasProblem() const;
    bool hasConflict() const;
    std::string wholeProblem; ///< of all edits together

    /// What is sent. Variables are edits of one; the site's other ones come from `sites`.
    api::ChangeSet changeSet(const api::SiteViews &sites) const;
    void setProblems(const std::vector<api::EditProblem> &problems);
    /// The configuration moved on. Edits whose place nobody touched follow silently; the others are
    /// marked. `look` answers nothing when the place itself is gone.
    void follow(uint64_t revision,
                const std::function<std::optional<Current>(const EditId &)> &look);
    /// Marks are taken off: what is staged holds on top of what is there now.
    void putOnTop();

    /// For a file that survives the window. Secrets that were there before are in it as digests.
    QByteArray toDraft(int64_t unixMs) const;
    struct Draft {
        int64_t savedUnixMs = 0;
        uint64_t madeAgainst = 0;
        std::vector<StagedEdit> edits;
    };
    /// Nothing: damaged, or not of this version.
    static std::optional<Draft> readDraft(const QByteArray &bytes);

Q_SIGNALS:
    void changed();   ///< which edits there are, or their values
    void annotated(); ///< problems and conflicts alone

private:
    bool put(StagedEdit edit, uint64_t madeAgainst);

    std::vector<StagedEdit> m_edits; // in the order they were made
    uint64_t m_madeAgainst = 0;
};

/// Identifier of a field of a site.
EditId siteField(const std::string &site, const std::string &key);
EditId settingOf(const api::SettingEdit &edit);
/// What a site holds in a field now; nothing: no such site.
std::optional<Current> currentOf(const EditId &field, const api::SiteViews &sites);
/// What a setting is now; nothing: no such setting on this level.
std::optional<Current> currentOf(const EditId &setting, const api::SettingViews &views);
/// "Engine", "App shop", "Site shop".
QString objectTitle(const EditId &id);
QString effectText(Effect effect);
/// Hosts as a field shows them, and back.
std::string joinHosts(const std::vector<std::string> &hosts);
std::vector<std::string> splitHosts(const std::string &text);

} // namespace arc
