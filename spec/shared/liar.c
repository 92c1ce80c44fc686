/*
 * A file system that hands everything on to a directory, and lies in one way: liar DIR LIE MOUNT.
 *
 *   grants   every lock that is asked for, who else may hold it
 *   lockless knows no locks
 *   dirless  syncs no directories
 *   unsynced syncs no files
 *   eager    makes a file for whoever wants to be the first, though it is there
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int below;
static const char *lie;

static int lies(const char *how) { return strcmp(lie, how) == 0; }
static int done(long result) { return result < 0 ? -errno : (int)result; }
static const char *at(const char *path) { return path[1] ? path + 1 : "."; }

/* Who has made the file that each process wants to make first. */
static pid_t maker;

static int is_hidden(const char *path) {
  const char *name = strrchr(path, '/');
  if (!lies("eager") || maker == 0 || strcmp(name, "/there") != 0) return 0;
  return fuse_get_context()->pid != maker;
}

static int getattr_(const char *path, struct stat *facts, struct fuse_file_info *file) {
  if (file != NULL) return done(fstat(file->fh, facts));
  if (is_hidden(path)) return -ENOENT;
  return done(fstatat(below, at(path), facts, AT_SYMLINK_NOFOLLOW));
}

static int readlink_(const char *path, char *into, size_t size) {
  ssize_t length = readlinkat(below, at(path), into, size - 1);
  if (length >= 0) into[length] = 0;
  return length < 0 ? -errno : 0;
}

static int mkdir_(const char *path, mode_t mode) { return done(mkdirat(below, at(path), mode)); }
static int unlink_(const char *path) { return done(unlinkat(below, at(path), 0)); }
static int rmdir_(const char *path) { return done(unlinkat(below, at(path), AT_REMOVEDIR)); }
static int symlink_(const char *to, const char *path) { return done(symlinkat(to, below, at(path))); }

static int rename_(const char *from, const char *to, unsigned flags) {
  return done(renameat2(below, at(from), below, at(to), flags));
}

static int link_(const char *from, const char *to) {
  return done(linkat(below, at(from), below, at(to), 0));
}

static int chmod_(const char *path, mode_t mode, struct fuse_file_info *file) {
  return done(fchmodat(below, at(path), mode, 0));
}

static int utimens_(const char *path, const struct timespec times[2], struct fuse_file_info *file) {
  return done(utimensat(below, at(path), times, AT_SYMLINK_NOFOLLOW));
}

static int truncate_(const char *path, off_t size, struct fuse_file_info *file) {
  int fd = openat(below, at(path), O_WRONLY);
  int result = fd < 0 ? -errno : done(ftruncate(fd, size));
  if (fd >= 0) close(fd);
  return result;
}

static int open_(const char *path, struct fuse_file_info *file) {
  /* The kernel says where to write. */
  file->fh = openat(below, at(path), file->flags & ~O_APPEND);
  return (int)file->fh < 0 ? -errno : 0;
}

static int create_(const char *path, mode_t mode, struct fuse_file_info *file) {
  if (maker == 0 && strcmp(strrchr(path, '/'), "/there") == 0) maker = fuse_get_context()->pid;
  int flags = file->flags & ~(lies("eager") ? O_APPEND | O_EXCL : O_APPEND);
  file->fh = openat(below, at(path), flags | O_CREAT, mode);
  return (int)file->fh < 0 ? -errno : 0;
}

static int read_(const char *path, char *into, size_t size, off_t from, struct fuse_file_info *file) {
  return done(pread(file->fh, into, size, from));
}

static int write_(const char *path, const char *what, size_t size, off_t to,
                  struct fuse_file_info *file) {
  return done(pwrite(file->fh, what, size, to));
}

static int release_(const char *path, struct fuse_file_info *file) { return done(close(file->fh)); }

static int fsync_(const char *path, int data, struct fuse_file_info *file) {
  return lies("unsynced") ? -EINVAL : done(fsync(file->fh));
}

static int fsyncdir_(const char *path, int data, struct fuse_file_info *file) {
  return lies("dirless") ? -EINVAL : 0;
}

static int flock_(const char *path, struct fuse_file_info *file, int what) {
  if (lies("grants")) return 0;
  return lies("lockless") ? -ENOLCK : done(flock(file->fh, what));
}

static int readdir_(const char *path, void *into, fuse_fill_dir_t fill, off_t from,
                    struct fuse_file_info *file, enum fuse_readdir_flags flags) {
  int fd = openat(below, at(path), O_RDONLY | O_DIRECTORY);
  DIR *dir = fd < 0 ? NULL : fdopendir(fd);
  if (dir == NULL) return -errno;
  for (struct dirent *item; (item = readdir(dir)) != NULL;) fill(into, item->d_name, NULL, 0, 0);
  closedir(dir);
  return 0;
}

/* Each process is to ask anew. */
static void *init_(struct fuse_conn_info *connection, struct fuse_config *config) {
  config->use_ino = 1;
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
  return NULL;
}

static const struct fuse_operations operations = {
    .init = init_,       .getattr = getattr_,   .readlink = readlink_, .mkdir = mkdir_,
    .unlink = unlink_,   .rmdir = rmdir_,       .symlink = symlink_,   .rename = rename_,
    .link = link_,       .chmod = chmod_,       .utimens = utimens_,   .truncate = truncate_,
    .open = open_,       .create = create_,     .read = read_,         .write = write_,
    .release = release_, .fsync = fsync_,       .fsyncdir = fsyncdir_, .flock = flock_,
    .readdir = readdir_,
};

int main(int argc, char **argv) {
  if (argc != 4 || (below = open(argv[1], O_RDONLY | O_DIRECTORY)) < 0) return 2;
  lie = argv[2];
  char *words[] = {argv[0], "-s", argv[3]};
  return fuse_main(3, words, &operations, NULL);
}
