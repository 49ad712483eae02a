// What a monitor knows: its process, the streams, the clients. In memory of its own, of which only touched pages cost.
#pragma once

#include "cri_log.h"
#include "monitor.h"

namespace bulkhead::init {

// protocol/streams.ts says what each frame is for.
enum class Frame : unsigned char { kStdin, kStdout, kStderr, kResize, kExit, kReady, kError, kSignal };
constexpr size_t kFrameHeader = 8;
constexpr size_t kPayloadMax = 64 * 1024;
constexpr size_t kReplayBytes = 16 * 1024;
constexpr size_t kInputBytes = 4096;
constexpr int kMaxClients = 48;
constexpr int kMaxAttached = 32;  // the rest is the helper's, whom clients must not lock out

enum class ClientKind : unsigned char { kFree, kCommand, kWatcher, kAttached };

struct Client {
  ClientKind kind = ClientKind::kFree;
  bool input_ended = false;  // it has shut its sending side down; it may still listen
  bool is_gone = false;      // kAttached: it has closed; what it had sent is still to be read
  bool has_all = false;      // the exit frame too: nothing more is sent
  unsigned char header_size = 0;
  unsigned char header[kFrameHeader];
  unsigned char small[4];  // payload of a Resize or Signal frame, as far as it has come
  int fd = -1;
  int passed_fd = -1;  // kCommand: came with the line
  uint32_t payload_left = 0;
  uint32_t payload_size = 0;
  uint32_t chunk_sent = 0;  // of Monitor::chunk
  uint32_t line_size = 0;
  char line[80];        // kCommand: what came so far
  char* own = nullptr;  // READY and the replay, which go to this client alone
  uint32_t own_size = 0;
  uint32_t own_sent = 0;
};

struct ExitStatus {
  int code = 0;
  int signal = 0;
  bool is_oom = false;
  uint64_t at_ms = 0;
};

struct Monitor {
  Context* context;
  MonitorStreams streams;
  int listener;
  uint64_t start_time_ticks;
  bool is_terminal;
  bool awaits_attach;  // reads no output before somebody listens
  int terminal_peer;   // the terminal's other end: held, so that the process may close all of its own and open it again
  bool is_hung_up;     // nobody has the terminal's other end open, though the process lives
  bool has_ended;
  bool listener_rests;  // for a moment: no descriptor is left to accept with
  bool is_published;
  bool has_let_go;
  uint64_t deadline_ns;  // has_ended: clients that have not drained by then are left
  uint64_t oom_kills;    // at the start
  ExitStatus exit;
  uint32_t input_size;  // of `input`, still to be written
  uint32_t input_sent;
  bool input_closes;    // once `input` is written
  uint32_t chunk_size;  // frame under way to the attached clients
  uint32_t replay_size;
  Client clients[kMaxClients];
  char input[kInputBytes];
  char chunk[kFrameHeader + kPayloadMax];
  char replay[kReplayBytes];
  CriLog log;
};

// ── clients ──
/** Accepts one connection; refused when all places are taken. */
void accept_client(Monitor& monitor);
/** Reads commands (kCommand) or frames (kAttached). */
void hear_client(Monitor& monitor, Client& client);
void hear_frames(Monitor& monitor, Client& client);
void add_attached(Monitor& monitor, int fd, bool with_replay);
/** Sends what is unsent, as far as it goes without waiting. */
void send_to_client(Monitor& monitor, Client& client);
bool has_unsent(const Monitor& monitor, const Client& client);
bool has_unsent(const Monitor& monitor);
void drop_client(Client& client);
/** Attached ones that have something unsent. */
void drop_slow_clients(Monitor& monitor);
/** Makes `size` bytes behind the header in `chunk` what is under way to every attached client. */
void hand_out(Monitor& monitor, Frame type, size_t size);
/** It has closed: dropped, once what it had sent is read. */
void lose_client(Client& client);
void put_frame_header(char* at, Frame type, size_t size);

// ── streams ──
/** Reads one chunk of `*fd` into log, replay and clients; at its end the stream is closed and becomes -1. */
void take_output(Monitor& monitor, int* fd, Frame type);
void write_input(Monitor& monitor);
/** Opens the terminal's other end; false when it can't. */
bool hold_terminal(Monitor& monitor);
void release_terminal(Monitor& monitor);
void set_terminal_size(Monitor& monitor, unsigned rows, unsigned columns);
void send_signal(Monitor& monitor, int signal);

// ── the end ──
void take_exit(Monitor& monitor);
/** Kills what is left of the container, writes the exit file and tells the watchers. Once. */
void publish_exit(Monitor& monitor);
/** Gives up what the container's next start needs: its groups, its overlay. Once; may take a second. */
void let_go(Monitor& monitor);
/** Exit frames to the attached clients; ends this process. */
[[noreturn]] void finish(Monitor& monitor);

}  // namespace bulkhead::init
