// A first contact as it is kept for the evidence of an alert.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "detect/evidence.h"

namespace ntan::detect {

struct Probe {
  Timestamp time;  ///< first packet
  std::uint64_t packet = 0;
  std::uint64_t hash = 0;  ///< of (target, class, port) within its source
  IpAddress dst;
  std::uint16_t port = 0;
  std::uint16_t src_port = 0;
  GuardSet guards = 0;  ///< of its result
  std::uint8_t ttl = 0;
  ContactClass contact_class{};
  Result result{};
  bool pending : 1 = true;    ///< no result yet
  bool reported : 1 = false;  ///< is part of an alert
  bool accepted : 1 = false;  ///< as of an Outcome
  bool raw_syn : 1 = false;   ///< a SYN as no operating system's stack sends it
  Nats step = 0;              ///< of the axis that counted it most
  Nats sum = 0;               ///< of that axis after the step
  Nats column_step = 0;       ///< what the column was credited with
};
static_assert(sizeof(Probe) <= 64);

}  // namespace ntan::detect
