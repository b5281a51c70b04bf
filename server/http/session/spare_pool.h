// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace arc {

/// Objects that were used and will be again, with the memory they have gathered. Confined to its
/// loop.
template <class T>
class SparePool {
public:
    static constexpr size_t kSparesMax = 256;

    std::unique_ptr<T> take()
    {
        if (m_spares.empty())
            return std::make_unique<T>();
        std::unique_ptr<T> spare = std::move(m_spares.back());
        m_spares.pop_back();
        return spare;
    }
    void give(std::unique_ptr<T> used)
    {
        if (used && m_spares.size() < kSparesMax)
            m_spares.push_back(std::move(used));
    }

private:
    std::vector<std::unique_ptr<T>> m_spares;
};

} // namespace arc
