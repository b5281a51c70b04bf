// SPDX-License-Identifier: Apache-2.0
#include "server/workers/python_handler.h"

#include "server/workers/app_core.h"

namespace arc {

void PythonHandler::handle(Exchange &exchange) const noexcept
{
    m_core->side(exchange.loop().index()).accept(exchange);
}

} // namespace arc
