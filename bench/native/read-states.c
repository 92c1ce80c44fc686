/* read-states DIR: opens, reads and closes DIR/<each>/state.toml; the floor of every filter. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static char buffer[64 * 1024], path[4096];
  long files = 0, bytes = 0;
  struct dirent *item;
  DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;

  if (dir == NULL) return 1;
  while ((item = readdir(dir)) != NULL) {
    ssize_t got;
    int fd;
    if (item->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s/state.toml", argv[1], item->d_name);
    fd = open(path, O_RDONLY);
    if (fd < 0) continue;
    while ((got = read(fd, buffer, sizeof buffer)) > 0) bytes += got;
    close(fd);
    files++;
  }
  closedir(dir);
  printf("%ld %ld\n", files, bytes);
  return 0;
}
