// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/syntax/content_coding.h"

#include <memory>
#include <string>
#include <string_view>

namespace arc {

/// Takes coded bytes as a client does: by other libraries than those that code, and with nothing
/// but what has arrived so far.
class Decoder {
public:
    explicit Decoder(Coding coding);
    ~Decoder();

    /// What can be decoded now; "(broken)" when the bytes are not of this coding.
    std::string feed(std::string_view bytes);
    bool isAtEnd() const;

private:
    struct Implementation;
    std::unique_ptr<Implementation> m_impl;
};

/// A whole body; "(broken)" also when its end is missing.
std::string decodeWhole(Coding coding, std::string_view bytes);

} // namespace arc
