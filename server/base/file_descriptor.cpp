// SPDX-License-Identifier: Apache-2.0
#include "server/base/file_descriptor.h"

#include <cerrno>

#include <unistd.h>

namespace arc {

void FileDescriptor::reset(int fd) noexcept
{
    if (m_fd >= 0 && m_fd != fd) {
        const int saved = errno;
        ::close(m_fd); // not retried on EINTR: Linux has released the number by then
        errno = saved;
    }
    m_fd = fd;
}

} // namespace arc
