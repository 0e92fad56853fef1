#include "serve/stream_hub.h"

#include <algorithm>
#include <cstring>
#include <deque>

#include <fmt/core.h>

namespace ntan::serve {

/// What waits for one client.
struct StreamHub::Client {
  std::deque<std::shared_ptr<const std::string>> waiting;
  std::size_t sent = 0;  ///< octets of the first
  std::shared_ptr<BodyWaker> waker;
  bool closed = false;
};

class StreamHub::Body final : public BodySource {
 public:
  explicit Body(std::shared_ptr<Client> client) noexcept : client_(std::move(client)) {}
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  // One that was never attached has no waker to tell that it is gone.
  ~Body() override { client_->closed = true; }

  void attach(const std::shared_ptr<BodyWaker>& waker) override { client_->waker = waker; }

  Part read(std::span<char> out) override {
    std::size_t size = 0;
    while (size < out.size() && !client_->waiting.empty()) {
      const std::string& first = *client_->waiting.front();
      const std::size_t part = std::min(out.size() - size, first.size() - client_->sent);
      std::memcpy(out.data() + size, first.data() + client_->sent, part);
      size += part;
      client_->sent += part;
      if (client_->sent < first.size()) break;
      client_->waiting.pop_front();
      client_->sent = 0;
    }
    if (size != 0) return {.size = size, .next = Next::more};
    return {.size = 0, .next = client_->closed ? Next::end : Next::wait};
  }

 private:
  std::shared_ptr<Client> client_;
};

void append_message(std::string& out, std::string_view name, std::string_view data,
                    std::uint64_t id) {
  if (id != 0) out += fmt::format("id: {}\n", id);
  out += "event: ";
  out += name;
  // A line end inside of JSON is a blank, inside of a message the end of a line.
  while (true) {
    const std::size_t end = std::min(data.find_first_of("\r\n"), data.size());
    out += "\ndata: ";
    out += data.substr(0, end);
    if (end == data.size()) break;
    data.remove_prefix(end + 1);
  }
  out += "\n\n";
}

std::unique_ptr<BodySource> StreamHub::subscribe(std::string first) {
  auto client = std::make_shared<Client>();
  client->waiting.push_back(std::make_shared<const std::string>(std::move(first)));
  clients_.push_back(client);
  return std::make_unique<Body>(std::move(client));
}

void StreamHub::publish(std::string messages) {
  forget_gone();
  const auto shared = std::make_shared<const std::string>(std::move(messages));
  for (const auto& client : clients_) {
    if (client->waiting.size() >= most_waiting) {
      ++cut_off_;
      client->closed = true;
      client->waiting.clear();
      if (client->waker != nullptr) client->waker->cut();
      continue;
    }
    client->waiting.push_back(shared);
    if (client->waker != nullptr) client->waker->wake();
  }
}

void StreamHub::close() {
  for (const auto& client : clients_) {
    client->closed = true;
    if (client->waker != nullptr) client->waker->wake();
  }
}

std::size_t StreamHub::clients() noexcept {
  forget_gone();
  return clients_.size();
}

void StreamHub::forget_gone() {
  std::erase_if(clients_, [](const std::shared_ptr<Client>& client) {
    return client->closed || (client->waker != nullptr && client->waker->gone());
  });
}

}  // namespace ntan::serve
