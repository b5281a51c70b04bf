// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/confirm.h"

#include <QtGlobal>

#include <algorithm>

namespace arc {

std::optional<Confirm> confirmationOf(std::string_view operation)
{
    const auto rows = operationRows();
    const auto at = std::ranges::find(rows, operation, &OperationRow::name);
    return at == rows.end() ? std::nullopt : std::optional(at->confirm);
}

void confirm(QWidget *parent, std::string_view operation, const Question &question,
             std::function<void()> go)
{
    const std::optional<Confirm> asks = confirmationOf(operation);
    Q_ASSERT_X(asks, "confirm", std::string(operation).c_str());
    if (!asks)
        return; // a misspelt name must not become an unasked deed
    switch (*asks) {
    case Confirm::None:
    case Confirm::Undo:
        return go();
    case Confirm::Dialog:
        return ask(parent, question, std::move(go));
    case Confirm::Type:
        return askTyped(parent, question, std::move(go));
    }
}

} // namespace arc
