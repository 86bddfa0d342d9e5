"""Uploads of pictures and videos (图片、视频上传)."""
