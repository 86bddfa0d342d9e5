// A shop on wechatpay-node-v3: certificates, orders, notification, refund, errors.
// Arguments: the path of gateway.json, and the folder of its node_modules. Prints what it saw.
'use strict';

const { readFileSync } = require('node:fs');
const { gateway, receive, control, open, peer } = require('./receive.cjs');

const WxPay = peer('wechatpay-node-v3');
const superagent = peer('superagent');
const official = 'https://api.mch.weixin.qq.com/';

const answered = [];

async function send(method, url, headers, body) {
  const address = url.startsWith(official) ? gateway.base_uri + url.slice(official.length) : url;
  const answer = await superagent(method, address).set(headers).send(body).ok(() => true);
  answered.push(answer);
  return { status: answer.status, data: answer.body };
}

const transport = {
  get: (url, headers) => send('GET', url, headers),
  post: (url, body, headers) => send('POST', url, headers, body),
};

function shop(privateKey) {
  const made = new WxPay({
    appid: gateway.appid,
    mchid: gateway.mchid,
    publicKey: readFileSync(gateway.certificate),
    privateKey,
    key: gateway.apiv3_key,
  });
  made.createHttp(transport); // it has no argument for another address
  return made;
}

open(async () => {
  const { notified, url } = await receive();
  const wxpay = shop(readFileSync(gateway.private_key));
  const order = (number) => ({
    description: 'Image形象店-QQ公仔',
    out_trade_no: number,
    notify_url: url,
    amount: { total: 100, currency: 'CNY' },
  });
  const isGenuine = (headers, body) => wxpay.verifySign({
    timestamp: headers['wechatpay-timestamp'],
    nonce: headers['wechatpay-nonce'],
    serial: headers['wechatpay-serial'],
    signature: headers['wechatpay-signature'],
    body,
  });
  const seen = { serial: wxpay.serial_no };
  seen.certificates = (await wxpay.get_certificates(gateway.apiv3_key)).map((each) => each.serial_no);
  seen.ordered = await wxpay.transactions_native(order('Node-0001'));
  seen.genuine = [];
  for (const answer of answered) seen.genuine.push(await isGenuine(answer.headers, answer.text));
  seen.jsapi = await wxpay.transactions_jsapi({ ...order('Node-0002'), payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } });
  seen.before = (await wxpay.query({ out_trade_no: 'Node-0001' })).data;
  await control('transactions/Node-0001/pay');
  const { headers, body } = await notified;
  if (headers['wechatpay-serial'] === gateway.platform.serial) seen.genuine.push(await isGenuine(headers, body));
  const { ciphertext, associated_data: data, nonce } = JSON.parse(body).resource;
  seen.notified = wxpay.decipher_gcm(ciphertext, data, nonce);
  seen.after = (await wxpay.query({ transaction_id: seen.notified.transaction_id })).data;
  seen.refunded = (await wxpay.refunds({
    out_trade_no: 'Node-0001',
    out_refund_no: 'Node-refund-0001',
    amount: { refund: 40, total: 100, currency: 'CNY' },
  })).data;
  seen.refund = (await wxpay.find_refunds('Node-refund-0001')).data;
  seen.closed = (await wxpay.close('Node-0002')).status;
  seen.unknown = await wxpay.query({ out_trade_no: 'Node-9999' });
  seen.wrong = await wxpay.transactions_native({ ...order('Node-0003'), description: 5 });
  seen.transferred = await wxpay.batches_transfer({
    out_batch_no: 'Node0001',
    batch_name: '报销',
    batch_remark: '报销',
    total_amount: 200000,
    total_num: 1,
    transfer_detail_list: [{
      out_detail_no: 'Node0001x',
      transfer_amount: 200000,
      transfer_remark: '报销',
      openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      user_name: wxpay.publicEncrypt('张三', Object.values(WxPay.certificates)[0]),
    }],
    wx_serial_no: gateway.platform.serial,
  });
  seen.shared = await wxpay.profitsharing_receivers_add({
    type: 'MERCHANT_ID', account: '86693852', relation_type: 'STORE',
    name: wxpay.publicEncrypt('腾讯充值中心', Object.values(WxPay.certificates)[0]),
    wx_serial_no: gateway.platform.serial,
  });
  const stranger = shop(require('node:crypto').generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey);
  seen.refused = await stranger.query({ out_trade_no: 'Node-0001' });
  return seen;
});
