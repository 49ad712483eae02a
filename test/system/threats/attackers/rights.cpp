// Rights that a file gives to whom executes it, if he brings along what it asks for.
//   mark FILE…   gives FILE every capability of whose inheritable set has it (capabilities(7), VFS_CAP_REVISION_2)
//   show         what this process has: the lines Cap… and Groups of /proc/self/status
//   read FILE    its content, or why not
#include <linux/capability.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

int mark(const char* file) {
  vfs_cap_data data{};
  data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  for (auto& half : data.data) half.inheritable = 0xffffffff;
  // No kernel takes capabilities that it does not know.
  data.data[1].inheritable = 0x1ff;
  if (setxattr(file, "security.capability", &data, XATTR_CAPS_SZ_2, 0) == 0) return 0;
  return perror(file), 1;
}

int print(const char* path, bool capabilities_only) {
  FILE* file = fopen(path, "r");
  if (file == nullptr) return printf("%s\n", strerror(errno)), 1;
  char line[4096];
  while (fgets(line, sizeof line, file) != nullptr)
    if (!capabilities_only || strncmp(line, "Cap", 3) == 0 || strncmp(line, "Groups", 6) == 0) fputs(line, stdout);
  fclose(file);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && strcmp(arguments[1], "mark") == 0) return mark(arguments[2]);
  if (count == 3 && strcmp(arguments[1], "read") == 0) return print(arguments[2], false);
  return print("/proc/self/status", true);
}
