{
  # All native targets. Globs (`find`) let files be added without an edit here.
  #   node-gyp rebuild                        Release: build/Release/{bulkhead.node,bulkhead-{init,reader,runtime},native-tests}
  #   node-gyp build --debug native-tests     Debug: core and tests with ASan and UBSan (sanitize=1), in build/Debug
  "variables": {
    "sanitize%": 1,
    # What parses archives is the reader's alone.
    "core_sources": ["<!@(find src/core -name '*.cpp' -not -path '*/archive/*' | sort)"],
    "archive_sources": ["<!@(find src/core/archive -name '*.cpp' | sort)"],
    "runtime_core_sources": ["<!@(find src/core -name '*.cpp' -not -path '*/archive/*' -not -path '*/reader/*' -not -path '*/tar/*' -not -path '*/layers/*' -not -path '*/peer/*' -not -path '*/digest/*' | sort)"],
    "addon_sources": ["<!@(find src/addon -name '*.cpp' | sort)"],
    "init_sources": ["<!@(find src/init -name '*.cpp' | sort)"],
    "init_headers": ["<!@(find src/init src/core/plan -name '*.h' | sort)"],
  },

  "target_defaults": {
    # Node's headers (which carry an OpenSSL and a zlib of their own) are for the addon alone.
    "include_dirs/": [["exclude", "/include/node$"], ["exclude", "/deps/"]],
    "include_dirs": ["src"],
    "defines": ["_GNU_SOURCE", "_FILE_OFFSET_BITS=64"],
    "cflags!": ["-fno-omit-frame-pointer", "-Wno-unused-parameter"],
    "cflags": ["-fPIC", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections",
               "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-std=gnu++1y"],
    # -Wrestrict is wrong about std::string in GCC 12 (its bug 105329).
    "cflags_cc": ["-std=c++20", "-fno-rtti", "-fno-exceptions", "-Wno-restrict"],
    "ldflags!": ["-rdynamic"],
    "configurations": {
      "Release": { "cflags": ["-O2", "-fstack-protector-strong"], "cflags!": ["-O3"] },
      "Debug": {
        # Enough for a sanitizer's report, in half the time that -g -O1 takes to build.
        "cflags": ["-g1", "-Og"],
        "cflags!": ["-g", "-O0"],
        "conditions": [["sanitize==1", {
          "cflags": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"],
          "ldflags": ["-fsanitize=address,undefined"],
        }]],
      },
    },
  },

  "targets": [
    {
      # Freestanding: knows no libc. Built by g++ directly, for gyp's flags are made for hosted programs.
      "target_name": "bulkhead-init",
      "type": "none",
      "hard_dependency": 1,
      "actions": [{
        "action_name": "link_bulkhead_init",
        "inputs": ["<@(init_sources)", "<@(init_headers)"],
        "outputs": ["<(PRODUCT_DIR)/bulkhead-init"],
        "action": ["g++", "-std=c++20", "-Os", "-Isrc", "-static", "-nostdlib", "-ffreestanding", "-fno-pie", "-no-pie",
                   "-fno-exceptions", "-fno-rtti", "-fno-stack-protector", "-fno-threadsafe-statics",
                   "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fcf-protection=none", "-fomit-frame-pointer",
                   "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror",
                   "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-z,noexecstack", "-Wl,-z,norelro", "-s",
                   "-o", "<(PRODUCT_DIR)/bulkhead-init", "<@(init_sources)"],
        "message": "Linking the freestanding bulkhead-init",
      }],
    },
    {
      # Static, for it has no file system to load libraries from when it begins; position-independent, for it is attacked. With the
      # C library of the compiler: its memcpy is made for the processor. No sanitizers: they want calls that its filter has not.
      "target_name": "bulkhead-reader",
      "type": "executable",
      "hard_dependency": 1,
      "sources": ["<@(archive_sources)", "<!@(find src/core/tar src/core/digest src/reader -name '*.cpp' | sort)", "src/core/layers/read_ahead.cpp"],
      "ldflags": ["-static-pie", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now", "-s"],
      "libraries": ["-l:libzstd.a"],
      "configurations": {
        "Debug": {
          "cflags!": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
          "ldflags!": ["-fsanitize=address,undefined"],
        },
      },
    },
    {
      "target_name": "core",
      "type": "static_library",
      "dependencies": ["bulkhead-init", "bulkhead-reader"],
      "sources": ["<@(core_sources)"],
      # A copy of the assembler file for each change of what it embeds: make sees no .incbin.
      "actions": [{
        "action_name": "embed_bulkhead_init",
        "inputs": ["src/core/plan/init_image.S", "<(PRODUCT_DIR)/bulkhead-init"],
        "outputs": ["<(INTERMEDIATE_DIR)/init_image.S"],
        "action": ["cp", "src/core/plan/init_image.S", "<(INTERMEDIATE_DIR)/init_image.S"],
        "process_outputs_as_sources": 1,
      }, {
        "action_name": "embed_bulkhead_reader",
        "inputs": ["src/core/reader/reader_image.S", "<(PRODUCT_DIR)/bulkhead-reader"],
        "outputs": ["<(INTERMEDIATE_DIR)/reader_image.S"],
        "action": ["cp", "src/core/reader/reader_image.S", "<(INTERMEDIATE_DIR)/reader_image.S"],
        "process_outputs_as_sources": 1,
      }],
      "cflags_c": ["-Wa,-I<(PRODUCT_DIR)"],
      "cflags": ["-Wa,-I<(PRODUCT_DIR)"],
      "link_settings": {
        # The archives, not the shared objects: what is installed needs none of these packages.
        "libraries": ["-l:libseccomp.a", "-l:libz.a"],
      },
    },
    {
      "target_name": "bulkhead",
      "type": "loadable_module",
      "dependencies": ["core"],
      "sources": ["<@(addon_sources)"],
      "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS"],
      # As system headers: napi.h trips -Wshadow and -Wconversion.
      "cflags_cc": ["-isystem", "<!(node -p \"path.dirname(require.resolve('node-addon-api'))\")", "-isystem", "<(node_root_dir)/include/node"],
      "ldflags": ["-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"],
    },
    {
      # With musl, statically (src/musl): glibc alone takes longer to begin than a command takes. Its objects are its own, for
      # they are compiled with musl's headers; of the core it has what a container's life needs. Never built for Debug.
      "target_name": "bulkhead-runtime",
      "type": "executable",
      "dependencies": ["bulkhead-init"],
      "sources": ["<@(runtime_core_sources)", "<!@(find src/runtime src/musl -name '*.cpp' | sort)"],
      "actions": [{
        "action_name": "embed_bulkhead_init",
        "inputs": ["src/core/plan/init_image.S", "<(PRODUCT_DIR)/bulkhead-init"],
        "outputs": ["<(INTERMEDIATE_DIR)/init_image.S"],
        "action": ["cp", "src/core/plan/init_image.S", "<(INTERMEDIATE_DIR)/init_image.S"],
        "process_outputs_as_sources": 1,
      }],
      "cflags!": ["-fPIC", "-fno-omit-frame-pointer"],
      "cflags": ["-fno-pie", "-fno-asynchronous-unwind-tables", "-Wa,-I<(PRODUCT_DIR)"],
      "cflags_c": ["-Wa,-I<(PRODUCT_DIR)"],
      "cflags_cc": ["<!@(sh src/musl/flags.sh compile build/musl)", "-include", "musl/glibc_names.h", "-fno-threadsafe-statics"],
      # Small before fast: a page of code that is read in costs more than what is computed here.
      "configurations": { "Release": { "cflags!": ["-O2"], "cflags": ["-Os"] } },
      "ldflags": ["<!@(sh src/musl/flags.sh begin)", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now", "-s"],
      "libraries": ["<!@(sh src/musl/flags.sh end)"],
    },
    {
      "target_name": "native-tests",
      "type": "executable",
      "dependencies": ["core"],
      "sources": ["<!@(find ../test/native -name '*.cpp' | sort)", "<@(archive_sources)", "src/runtime/arguments.cpp", "src/runtime/messages.cpp",
                  "src/runtime/process_table.cpp", "src/runtime/id_ranges.cpp", "src/musl/arena.cpp"],
      "include_dirs": ["../test/native"],
      # Zlib writes the gzip that we read, and says how it is read.
      "libraries": ["-l:libzstd.a", "-l:libz.a"],
      # doctest wants exceptions for REQUIRE.
      "cflags_cc!": ["-fno-exceptions"],
      "cflags_cc": ["-fexceptions", "-isystem", "/usr/include/doctest"],
    },
  ],
}
