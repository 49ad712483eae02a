// The mounts that need the host's privilege or the host's paths: made by the monitor, detached, by descriptor.
#pragma once

#include "context.h"

namespace bulkhead::init {

/**
 * Before anything is made: takes the lock (flock(2)) of the overlay's upper directory, and waits for a monitor that still has
 * it, for two overlays over the same directories have undefined behaviour. EBUSY after 10 s.
 */
void lock_upper_directory(Context& context);

/** Makes all of them. `user_namespace`: the container's, for idmapped layers; -1: none. */
void make_host_mounts(Context& context, HostMounts& host, int user_namespace);

/** Over the sync socket: for a container whose user namespace exists only after the clone. */
void send_host_mounts(Context& context, const HostMounts& host);
void receive_host_mounts(Context& context, HostMounts& host);

int make_root_mount(Context& context, int user_namespace);
/** The tmpfs for /dev with its entries; `*null_device` gets its `null`, opened, if there is one. */
int make_dev_tmpfs(Context& context, const plan::Mount& mount, int* null_device);
/** A tmpfs with a node for each of the plan's `devices`, named by its index. */
int make_device_nodes(Context& context);

}  // namespace bulkhead::init
