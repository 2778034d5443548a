// Writes to the log of the option log_file while the descriptor below it is closed and given to the file that
// the argument names, for log_test.cpp.
#include <fcntl.h>
#include <unistd.h>

#include "support/log.hpp"

int main(int, char** arguments) {
  KIESEL_LOG(kApi, kError, "first");
  for (int file = 3; file < 64; ++file) ::close(file);
  const int own = ::open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (int file = own + 1; file < 64; ++file) ::dup2(own, file);
  KIESEL_LOG(kApi, kError, "second");
  KIESEL_LOG(kApi, kError, "third");
  return own == 3 ? 0 : 1;
}
