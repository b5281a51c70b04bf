// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/effective.h"
#include "server/control/api/types.h"

#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace arc {

// Edits of settings and sites on a document, without an engine. Pure functions; any thread.

constexpr size_t kEditsMax = 1'000; ///< settings and site fields of one change

/// There is no such site; names those there are.
Error noSite(const Document &document, std::string_view id);
SiteConfig *findMutable(Document &document, std::string_view id);

/// What can be said of a site's new name, or of an entry point, before the whole is validated: told
/// by what the caller named it, not by its place in a document.
Result<void> checkSiteName(const std::string &name);
Result<void> checkEntryPoint(const std::string &entry);
/// The host that is made from a site's name, and follows it when the site is renamed.
std::string hostOfName(std::string_view site);
/// What validate() says of an object, told by its name instead of its place in the document's
/// lists: "apps[7].python: ..." becomes "app shop, python: ...".
Error toldByName(const Error &error, const Document &document);

/// The app a site's routes name, or null: a site of this version hosts at most one.
const AppConfig *appOf(const SiteConfig &site, const Document &document) noexcept;

/// The overrides a (scope, object) pair names in a document, or why there are none.
template <class AnyDocument>
Result<decltype(&std::declval<AnyDocument &>().settings)>
overridesAt(AnyDocument &document, std::string_view scope, std::string_view object)
{
    if (scope == "engine") {
        if (!object.empty())
            return Error {ErrorCode::Invalid, "object: the engine has no object; leave it out"};
        return &document.settings;
    }
    if (scope == "app") {
        for (auto &app : document.apps) {
            if (app.id == object)
                return &app.settings;
        }
        return Error {ErrorCode::NotFound, fmt::format("there is no app {}", object)};
    }
    if (scope == "site") {
        for (auto &site : document.sites) {
            if (site.id == object)
                return &site.settings;
        }
        return Error {ErrorCode::NotFound, fmt::format("there is no site {}", object)};
    }
    return Error {ErrorCode::Invalid,
                  fmt::format("scope: \"{}\" is none of engine, site, app", scope)};
}

bool isSettableAt(const SettingRow &row, std::string_view scope);

Result<void> applySettingEdit(Document &document, const api::SettingEdit &edit,
                              const PinnedSettings &pinned);
Result<void> applySiteEdit(Document &document, const api::SiteEdit &edit);

/// An interpreter that an edit names anew for a site's app.
struct NewInterpreter {
    std::string site;
    std::string root;
    std::string python;
};
std::vector<NewInterpreter> newInterpreters(const Document &current,
                                            const std::vector<api::SiteEdit> &edits);

/// All edits on a copy; the first that is refused is the answer. Does not validate the whole.
Result<Document> applyChangeSet(const Document &current, const api::ChangeSet &what,
                                const PinnedSettings &pinned);
/// Nothing when all edits together are good. Else what would be refused, edit by edit, each tried
/// alone on the current document; when every one is good alone, one problem without a key.
std::vector<api::EditProblem> problemsOf(const Document &current, const api::ChangeSet &what,
                                         const PinnedSettings &pinned);

} // namespace arc
