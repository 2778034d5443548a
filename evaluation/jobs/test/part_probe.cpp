// A task of an array, as `kiesel jobs` is: LIST --part I --of N.
#include <cstdlib>

#include "evaluation/jobs/slurm.hpp"

int main(int, char** words) {
  return kiesel::jobs::run_part(words[1], static_cast<unsigned>(std::atoi(words[3])),
                                static_cast<unsigned>(std::atoi(words[5])));
}
